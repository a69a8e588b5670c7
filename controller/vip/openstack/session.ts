import {setTimeout as delay} from 'node:timers/promises';
import {CloudFailed} from '../cloud.ts';
import {boundedBy} from './bounded.ts';
import {type Cloud, secretOf} from './cloud.ts';
import {type Answer, exchange} from './exchange.ts';
import {type Asked, isPassing, toRefusal, toUnanswered} from './failure.ts';
import {endpointOf, issueToken, type Token} from './keystone.ts';

export interface ServiceRequest {
  readonly service: 'network' | 'compute';
  readonly method: 'GET' | 'PUT';
  /** With the version: /v2.0/ports. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Only if the resource is still at this revision; else 412. */
  readonly revision?: number;
  readonly signal: AbortSignal;
}

/**
 * One try of one request. A server that hangs behind a balancer must leave time for its neighbour; a change takes an
 * overloaded Neutron seconds [measured 9], and sending it again only adds to its load.
 */
const tryMs = {GET: 6000, POST: 6000, PUT: 12_000} as const;
/** Pauses between tries; every request may be sent twice, since changes carry the revision they were decided on. */
const pausesMs = [200, 500, 1200] as const;

/** Talks to one cloud: gets a token when first needed, a new one when it is not accepted any more. */
export class Session {
  readonly #cloud: Cloud;
  #token: Promise<Token> | undefined;

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  /** The answer's body. Everything but 2xx is an OpenStackRefused, no answer a CloudFailed. */
  async ask(request: ServiceRequest): Promise<unknown> {
    try {
      const token = await this.#currentToken(request.signal);
      const answer = await this.#send(request, token);
      if (answer.status !== 401) return this.#bodyOf(answer, request);
      // expired or revoked meanwhile: once more with a new one
      const renewed = await this.#renew(token, request.signal);
      return this.#bodyOf(await this.#send(request, renewed), request);
    } catch (error) {
      throw this.#withoutSecrets(error);
    }
  }

  #bodyOf(answer: Answer, request: ServiceRequest): unknown {
    if (answer.status >= 200 && answer.status < 300) return answer.body;
    throw toRefusal(answer, askedOf(request));
  }

  #send(request: ServiceRequest, token: Token): Promise<Answer> {
    const {service, method, path, query = {}, body, revision, signal} = request;
    const base =
      service === 'network' && this.#cloud.networkUrl !== undefined
        ? this.#cloud.networkUrl.replace(/\/+$/, '').replace(/\/v2\.0$/, '')
        : endpointOf(this.#cloud, token, service);
    const parameters = new URLSearchParams(query).toString();
    const condition = revision === undefined ? {} : {'if-match': `revision_number=${revision}`};
    const headers = {'x-auth-token': token.value, ...condition};
    const url = `${base}${path}${parameters === '' ? '' : `?${parameters}`}`;
    return this.#persist(
      {method, url, headers, body},
      {signal, asked: {...askedOf(request), server: `${names[service]} at ${base}`}},
    );
  }

  #currentToken(signal: AbortSignal): Promise<Token> {
    this.#token ??= this.#issue(signal);
    return this.#token;
  }

  /** Several requests may find the same token expired: the first of them gets the new one for all. */
  async #renew(expired: Token, signal: AbortSignal): Promise<Token> {
    if (this.#token !== undefined && (await this.#token) !== expired) return this.#token;
    this.#token = this.#issue(signal);
    return this.#token;
  }

  #issue(signal: AbortSignal): Promise<Token> {
    const issued = issueToken(this.#cloud, ({url, body}, asked) =>
      this.#persist({method: 'POST', url, headers: {}, body}, {signal, asked}),
    );
    issued.catch(() => {
      if (this.#token === issued) this.#token = undefined; // the next request tries again
    });
    return issued;
  }

  /** Tries again what may pass, until the tries or the signal end. The last failure is the one that is told. */
  async #persist(
    request: {method: 'GET' | 'PUT' | 'POST'; url: string; headers: Record<string, string>; body: unknown},
    {signal, asked}: {readonly signal: AbortSignal; readonly asked: Asked},
  ): Promise<Answer> {
    const {ca, verifiesTls} = this.#cloud;
    for (let tries = 0; ; tries += 1) {
      const bounded = boundedBy(signal, tryMs[request.method]);
      const outcome = await exchange({...request, ca, verifiesTls, signal: bounded.signal}).catch((error: unknown) =>
        toUnanswered(error, asked),
      );
      bounded.release();
      const pause = pausesMs[tries];
      const mayPass = outcome instanceof CloudFailed ? outcome.isWorthAnotherTry : isPassing(outcome.status);
      const isOver = !mayPass || pause === undefined || !(await hasPaused(pause, signal));
      if (isOver && outcome instanceof CloudFailed) throw outcome;
      if (isOver && !(outcome instanceof CloudFailed)) return outcome;
    }
  }

  /** Keystone and Neutron do not repeat secrets; a proxy between us might. */
  #withoutSecrets(error: unknown): unknown {
    const secret = secretOf(this.#cloud);
    if (error instanceof Error && secret.length > 3 && error.message.includes(secret))
      error.message = error.message.replaceAll(secret, '***');
    return error;
  }
}

/** Two controllers must not come back in step. False: the time was over first. */
const hasPaused = (pauseMs: number, signal: AbortSignal): Promise<boolean> =>
  delay(pauseMs * (0.75 + Math.random() / 2), true, {signal}).catch(() => false);

const names = {network: 'Neutron', compute: 'Nova'} as const;

const askedOf = ({method, path, query = {}, service}: ServiceRequest): Asked => {
  const shown = Object.entries(query).map(([key, value]) => `${key}=${value}`);
  return {what: `${method} ${path}${shown.length === 0 ? '' : `?${shown.join('&')}`}`, server: names[service]};
};
