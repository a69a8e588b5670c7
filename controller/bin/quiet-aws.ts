/**
 * The AWS library complains about every Node older than its newest favourite, in the middle of MHA's log. Which Node we run
 * on is decided by package.json.
 */
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
