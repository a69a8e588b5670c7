import {readFile} from 'node:fs/promises';
import type {WebhookConfig} from '../config/cluster-config.ts';
import {isPrivate, whyNoWebhook} from '../config/parse-report.ts';
import {type Channel, until} from './channel.ts';
import {greet, post} from './post.ts';
import {readSecret} from './read-secret.ts';
import {webhookBody} from './webhook-body.ts';

/** Posts a notice. Taken is what is answered with 2xx. */
export const webhookChannel = (config: WebhookConfig): Channel => ({
  name: 'webhook',
  deliver: async (notice, signal) => {
    const {url, key, ca} = await resolveWebhook(config);
    await post({
      url,
      body: webhookBody(notice, config.format, key),
      token: config.format === 'json' ? key : undefined,
      ca,
      signal,
    });
    return {said: `posted to ${url.host}`, refused: []};
  },
});

/** Connects to a webhook's server, certificate and all, and sends nothing. Tells its host; throws when nobody answers. */
export const greetWebhook = async (config: WebhookConfig, signal: AbortSignal): Promise<string> => {
  const {url, ca} = await until(signal, resolveWebhook(config));
  await until(signal, greet(url, ca, signal));
  return url.host;
};

/** Where and with what a notice is posted. */
export interface ResolvedWebhook {
  readonly url: URL;
  readonly key: string | undefined;
  readonly ca: Buffer | undefined;
}

/** Reads the files of a webhook. Throws when one cannot be used, and never says what is in it. */
export const resolveWebhook = async ({target, format, keyFile, caFile}: WebhookConfig): Promise<ResolvedWebhook> => {
  const text = 'url' in target ? target.url : await readSecret(target.file, 'the URL');
  const reason = whyNoWebhook(text);
  if (reason !== undefined && 'file' in target) throw new Error(`${target.file}: ${reason}`);
  const key = keyFile === undefined ? undefined : await readSecret(keyFile, 'the key');
  if (key !== undefined && !/^[\x21-\x7e]+$/.test(key)) throw new Error(`${keyFile} does not hold one key`);
  if ((format !== 'json' || key !== undefined) && !isPrivate(text))
    throw new Error('everybody on the way could read the secret; write an https URL');
  return {url: new URL(text), key, ca: caFile === undefined ? undefined : await readFile(caFile)};
};
