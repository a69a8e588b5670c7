import {usualAuthorities} from '../authorities.ts';

export interface Ask {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Authority of the server's certificate, PEM; undefined: the usual ones. */
  readonly ca: string | undefined;
  readonly verifiesTls: boolean;
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly header: (name: string) => string;
  /** Parsed JSON; the text itself where it is none. */
  readonly body: unknown;
}

/** More than any answer we ask for; a proxy's endless page must not fill our memory. */
const mostBytes = 8 * 1024 * 1024;

/**
 * One HTTP exchange. Not `fetch`: the one of Node 20 cannot be given a certificate authority. Every failure of the
 * transport rejects with Node's own error and its `code`.
 */
export const exchange = async ({method, url, headers, body, ca, verifiesTls, signal}: Ask): Promise<Answer> => {
  // loaded here: hooks of other VIP types start without them
  const isTls = url.startsWith('https:');
  const {request: send} = isTls ? await import('node:https') : await import('node:http');
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const text = body === undefined ? undefined : JSON.stringify(body);
    const length = text === undefined ? {} : {'content-length': String(Buffer.byteLength(text))};
    const type = text === undefined ? {} : {'content-type': 'application/json'};
    const options = {method, headers: {accept: 'application/json', ...type, ...length, ...headers}, signal};
    const tls = {ca: ca ?? usualAuthorities(), rejectUnauthorized: verifiesTls};
    const request = send(url, isTls ? {...options, ...tls} : options);
    const fail = (error: Error): void => reject(signal.aborted ? signal.reason : error);
    request.on('error', fail);
    request.on('response', response => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('error', fail);
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > mostBytes) request.destroy(new Error('the answer is longer than anything we asked for'));
        else chunks.push(chunk);
      });
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          header: name => String(response.headers[name] ?? ''),
          body: parse(Buffer.concat(chunks).toString('utf8')),
        }),
      );
    });
    request.end(text);
  });
};

const parse = (text: string): unknown => {
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text; // a proxy's page: its status says enough
  }
};
