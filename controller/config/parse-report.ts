import type {WebhookTarget} from './cluster-config.ts';
import {type Parse, parsePath, Wrong} from './parse-value.ts';

/** Undefined: nobody is called. What was written is never repeated: a webhook's path is its secret. */
export const parseWebhook: Parse<WebhookTarget | undefined> = text => {
  if (text === '') return undefined;
  if (!(parsePath(text) instanceof Wrong)) return {file: text};
  const reason = whyNoWebhook(text);
  return reason === undefined ? {url: text} : new Wrong(reason);
};

/** Why this text cannot be the URL of a webhook; undefined: it can. Never repeats it. */
export const whyNoWebhook = (text: string): string | undefined => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === '') return 'not an http or https URL';
  if (url.username !== '' || url.password !== '') return 'has an account in it, which belongs into a file of its own';
  return undefined;
};

/** Plain http shows everybody on the way what is sent; only this very host is no way. */
export const isPrivate = (url: string): boolean => {
  const {protocol, hostname} = new URL(url);
  return protocol === 'https:' || hostname === 'localhost' || hostname === '[::1]' || /^127\.[\d.]+$/.test(hostname);
};

/** Undefined: nothing is run. Words end at blanks; whoever needs more writes a script. */
export const parseCommand: Parse<readonly [string, ...string[]] | undefined> = text => {
  const [program, ...args] = text.split(/[ \t]+/).filter(word => word !== '');
  if (program === undefined) return undefined;
  if (/["'\\$`]/.test(text)) return new Wrong('has quotes or signs of a shell, and there is no shell');
  return parsePath(text) instanceof Wrong ? new Wrong('does not begin with an absolute path') : [program, ...args];
};
