import {createServer as createHttp, type IncomingMessage, type ServerResponse} from 'node:http';
import {createServer as createHttps} from 'node:https';
import type {TestContext} from 'node:test';

/** What the real Keystone and Neutron cannot be made to do: fail in passing, lose an answer, speak TLS, know servers. */
export interface FakeApi {
  readonly authUrl: string;
  /** Requests as they came: `PUT /v2.0/ports/p1`. */
  readonly requests: readonly string[];
  /** The one port, p1. */
  readonly port: {revision: number; pairs: string[]};
  /** Decides about the next requests, first come first served; undefined: as usual. */
  readonly misdeeds: (Misdeed | undefined)[];
  /** Tokens as they were given out. */
  readonly issued: readonly string[];
  /** Tokens that are not accepted any more. */
  readonly expired: Set<string>;
}

/** A status instead of the work, or the work without an answer. */
export type Misdeed = {readonly status: number} | 'work and hang up';

export const startFakeApi = async (
  t: TestContext,
  tls?: {readonly key: string; readonly cert: string},
): Promise<FakeApi> => {
  const fake = {
    authUrl: '',
    requests: [] as string[],
    port: {revision: 1, pairs: [] as string[]},
    misdeeds: [] as (Misdeed | undefined)[],
    issued: [] as string[],
    expired: new Set<string>(),
  };
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    let text = '';
    request.on('data', chunk => {
      text += String(chunk);
    });
    request.on('end', () => answer(fake, {request, response, body: text === '' ? {} : JSON.parse(text)}));
  };
  const server = tls === undefined ? createHttp(serve) : createHttps(tls, serve);
  await new Promise<void>(fulfil => server.listen(0, '127.0.0.1', fulfil));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  fake.authUrl = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}/v3`;
  return fake;
};

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: {port?: {allowed_address_pairs?: {ip_address: string}[]}};
}

const answer = (fake: FakeApi & {requests: string[]; issued: string[]}, exchange: Exchange): void => {
  const {request, response} = exchange;
  const {method = '', url = ''} = request;
  fake.requests.push(`${method} ${url}`);
  const misdeed = url.startsWith('/v3') ? undefined : fake.misdeeds.shift();
  const [status, value, headers = {}] = typeof misdeed === 'object' ? [misdeed.status, {}] : work(fake, exchange);
  if (misdeed === 'work and hang up') {
    request.socket.destroy();
    return;
  }
  response.writeHead(status, {'content-type': 'application/json', ...headers});
  response.end(JSON.stringify(value));
};

type Reply = readonly [status: number, value: unknown, headers?: Record<string, string>];

const serverId = '11111111-2222-3333-4444-555555555555';

const work = (fake: FakeApi & {issued: string[]}, {request, body}: Exchange): Reply => {
  const {method = '', url = ''} = request;
  if (url === '/v3/auth/tokens') {
    const token = `token-${fake.issued.length + 1}`;
    fake.issued.push(token);
    const endpoints = [{interface: 'public', region_id: 'RegionOne', url: fake.authUrl.replace('/v3', '')}];
    const catalog = ['network', 'compute'].map(type => ({type, endpoints}));
    return [201, {token: {catalog}}, {'x-subject-token': token}];
  }
  if (fake.expired.has(String(request.headers['x-auth-token']))) return [401, {}];
  if (url.startsWith('/servers')) return [200, {servers: [{id: serverId, name: 'db1'}]}];
  if (method === 'PUT') {
    if (request.headers['if-match'] !== `revision_number=${fake.port.revision}`)
      return [412, {NeutronError: {type: 'RevisionNumberConstraintFailed', message: 'Constrained to another'}}];
    fake.port.pairs = body.port?.allowed_address_pairs?.map(one => one.ip_address) ?? [];
    fake.port.revision += 1;
  }
  const port = portOf(fake.port);
  return [200, url.startsWith('/v2.0/ports/p1') ? {port} : {ports: [port]}];
};

const portOf = ({revision, pairs}: FakeApi['port']) => ({
  id: 'p1',
  name: 'port-1',
  network_id: 'n1',
  device_id: serverId,
  revision_number: revision,
  fixed_ips: [{ip_address: '10.0.0.1', subnet_id: 's1'}],
  allowed_address_pairs: pairs.map(one => ({ip_address: one})),
});
