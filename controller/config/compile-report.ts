import type {ReportConfig, WebhookConfig} from './cluster-config.ts';
import type {Report} from './compile-cluster.ts';
import type {KeyName} from './keys.ts';
import {isPrivate} from './parse-report.ts';
import {type Defaults, place, type SectionValues, type Values} from './read-section.ts';

/** A section that gives only half of something is reported there, not again in every section below it. */
export const compileReport = (values: Values & Defaults, section: SectionValues, report: Report): ReportConfig => ({
  recipients: values.report_email,
  smtp: {...values.smtp_host, account: compileAccount(values, section, report)},
  webhook: compileWebhook(values, section, report),
  command: values.report_command,
});

const compileAccount = (
  {smtp_user: user, smtp_password_file: passwordFile}: Values,
  section: SectionValues,
  report: Report,
): ReportConfig['smtp']['account'] => {
  const isHalf = (user === undefined) !== (passwordFile === undefined);
  if (isHalf && section.values.smtp_user !== undefined)
    report({...place(section), key: 'smtp_user', message: 'has no password; write smtp_password_file as well'});
  if (isHalf && section.values.smtp_password_file !== undefined)
    report({...place(section), key: 'smtp_password_file', message: 'has no account; write smtp_user as well'});
  return user === undefined || passwordFile === undefined ? undefined : {user, passwordFile};
};

const webhookKeys = [
  'report_webhook',
  'report_webhook_format',
  'report_webhook_key_file',
  'report_webhook_ca',
] as const;

const compileWebhook = (
  values: Values & Defaults,
  section: SectionValues,
  report: Report,
): WebhookConfig | undefined => {
  const key = webhookKeys.find(name => section.values[name] !== undefined);
  const message = key === undefined ? undefined : whatIsWrong(values);
  if (key !== undefined && message !== undefined) report({...place(section, key), key: key satisfies KeyName, message});
  const {report_webhook: target, report_webhook_format: format} = values;
  if (target === undefined) return undefined;
  return {target, format, keyFile: values.report_webhook_key_file, caFile: values.report_webhook_ca};
};

const whatIsWrong = ({
  report_webhook: target,
  report_webhook_format: format,
  report_webhook_key_file: keyFile,
}: Values & Defaults): string | undefined => {
  if (target === undefined) return 'has no webhook; write report_webhook as well';
  if (format === 'pagerduty' && keyFile === undefined)
    return 'has no routing key; write report_webhook_key_file as well';
  if (format === 'slack' && keyFile !== undefined)
    return 'slack takes no key, its URL is one; leave report_webhook_key_file out';
  const hasSecret = format !== 'json' || keyFile !== undefined;
  if ('url' in target && hasSecret && !isPrivate(target.url))
    return 'everybody on the way could read the secret; write an https URL';
  return undefined;
};
