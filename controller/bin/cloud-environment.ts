import type {CloudEnvironment} from '../config/cluster-config.ts';

/** Of the environment, what says how a cloud is reached, as for its own client. */
export const cloudEnvironment = (): CloudEnvironment =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => /^OS_/.test(name) || ['HOME', 'XDG_CONFIG_HOME', 'AWS_CA_BUNDLE'].includes(name),
    ),
  );
