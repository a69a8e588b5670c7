import {once} from 'node:events';
import {type IncomingMessage, request as requestPlain, STATUS_CODES} from 'node:http';
import {request as requestTls} from 'node:https';
import {connect, isIP} from 'node:net';
import tls from 'node:tls';
import {packageVersion} from '../../proto/version.ts';
import {until} from './channel.ts';

/**
 * Posts JSON. Only the status of the answer is looked at: its text may be endless, and may repeat what is secret. A
 * redirect is not followed, since the secret would go to whoever it names.
 */
export const post = async ({
  url,
  body,
  token,
  ca,
  signal,
}: {
  readonly url: URL;
  readonly body: string;
  /** Sent as Authorization: Bearer. */
  readonly token: string | undefined;
  readonly ca: Buffer | undefined;
  readonly signal: AbortSignal;
}): Promise<void> => {
  const request = url.protocol === 'https:' ? requestTls : requestPlain;
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'user-agent': `mha-helper/${packageVersion}`,
    ...(token === undefined ? {} : {authorization: `Bearer ${token}`}),
  };
  const sent = request(url, {method: 'POST', headers, agent: false, signal, ...(ca === undefined ? {} : {ca})});
  try {
    const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
    sent.end(body);
    const [{statusCode = 0}] = await until(signal, answered);
    if (statusCode < 200 || statusCode > 299) throw new Error(`${url.host} answered ${sayStatus(statusCode)}`);
  } finally {
    sent.on('error', () => {}); // what comes after its answer, or after we gave up, changes nothing
    sent.destroy();
  }
};

const sayStatus = (code: number): string => {
  const text = `${code} ${STATUS_CODES[code] ?? ''}`.trim();
  return code >= 300 && code < 400 ? `${text}; a redirect is not followed: write the final URL` : text;
};

/** A connection to where a post would go, with the same certificate asked for, and no word said. */
export const greet = async (url: URL, ca: Buffer | undefined, signal: AbortSignal): Promise<void> => {
  const isTls = url.protocol === 'https:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port || (isTls ? 443 : 80));
  const servername = isIP(host) === 0 ? {servername: host} : {};
  const socket = isTls
    ? tls.connect({host, port, ...servername, ...(ca === undefined ? {} : {ca})})
    : connect({host, port});
  try {
    await once(socket, isTls ? 'secureConnect' : 'connect', {signal});
  } finally {
    socket.on('error', () => {}); // after its answer it changes nothing
    socket.destroy();
  }
};
