import {setTimeout as sleep} from 'node:timers/promises';
import type {EC2} from '@aws-sdk/client-ec2';
import type {AwsAccess} from '../../config/cluster-config.ts';
import {authoritiesWith} from '../authorities.ts';
import {CloudFailed} from '../cloud.ts';
import {explain} from './explain-error.ts';

type Send<T> = (ec2: EC2, options: {abortSignal: AbortSignal}) => Promise<T>;

/** The EC2 API: every call is tried again while that can help, until the signal ends it. */
export class Ec2Api {
  /** "aws private_ip 10.0.0.50": begins every message. */
  readonly label: string;
  readonly #access: AwsAccess;
  #client: Promise<EC2> | undefined;

  constructor({access, vip, mode}: {readonly access: AwsAccess; readonly vip: string; readonly mode: string}) {
    this.label = `aws ${mode} ${vip}`;
    this.#access = access;
  }

  /**
   * @param action as IAM calls it, without `ec2:`.
   * @param about the host concerned, for people; empty: all.
   */
  async call<T>(action: string, {about, signal}: Call, send: Send<T>): Promise<T> {
    let met: CloudFailed | undefined;
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.once(send, signal);
      } catch (error) {
        const failed = explain(error, {action, label: about === '' ? this.label : `${this.label} on ${about}`});
        // the end of the time tells nothing of the API: what the last whole try met does
        if (signal.aborted) throw met ?? failed;
        if (!failed.isWorthAnotherTry) throw failed;
        met = failed;
        // while throttled, more calls only keep it so
        await sleep(backOffMs(attempt), undefined, {signal}).catch(() => {
          throw failed;
        });
      }
    }
  }

  /** One try, with the API's own error. */
  async once<T>(send: Send<T>, signal: AbortSignal): Promise<T> {
    return send(await this.#made(), {abortSignal: signal});
  }

  /** The library is large: half a second on a quiet machine, in which nothing else runs. */
  async load(): Promise<void> {
    await this.#made().catch(() => undefined); // the first call meets the same error, and tells it
  }

  #made(): Promise<EC2> {
    this.#client ??= makeClient(this.#access);
    return this.#client;
  }

  /** Polls until the API shows what it was told: what it accepts is not visible at once. */
  async untilShown(what: string, signal: AbortSignal, isShown: () => Promise<boolean>): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      if (await isShown()) return;
      await sleep(backOffMs(attempt), undefined, {signal}).catch(error => {
        throw new CloudFailed(`${this.label}: the API took the request, but does not show that ${what}`, {
          hint: 'look at it with the AWS console, then run mha-helper status',
          isWorthAnotherTry: true,
          cause: error,
        });
      });
    }
  }
}

interface Call {
  readonly about: string;
  readonly signal: AbortSignal;
}

/** 100 ms, doubled to at most 3 s, with up to half of it left to chance: two controllers must not march in step. */
const backOffMs = (attempt: number): number => Math.min(3000, 100 * 2 ** attempt) * (0.5 + Math.random() / 2);

/** One connection or answer; a call that hangs longer is given up and tried again. */
const connectMs = 2000;
const answerMs = 6000;

const makeClient = async ({region, profile, endpoint, caBundle}: AwsAccess): Promise<EC2> => {
  const {EC2} = await import('@aws-sdk/client-ec2');
  return new EC2({
    ...(region === undefined ? {} : {region}),
    ...(profile === undefined ? {} : {profile}),
    ...(endpoint === undefined ? {} : {endpoint}),
    maxAttempts: 1, // we try again ourselves, as long as there is time
    requestHandler: {
      connectionTimeout: connectMs,
      requestTimeout: answerMs,
      throwOnRequestTimeout: true,
      httpsAgent: {ca: authoritiesWith(caBundle)},
    },
  });
};
