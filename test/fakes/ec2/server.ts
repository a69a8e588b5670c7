import {randomUUID} from 'node:crypto';
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {actions, Ec2Error, type Parameters} from './actions.ts';
import {type Ec2World, smallWorld} from './world.ts';
import {element} from './xml.ts';

/** How the endpoint misbehaves. All may be changed while it runs. */
export interface Ec2Faults {
  /** So many of the next requests are answered with RequestLimitExceeded. */
  throttle: number;
  /** Reads show the world as it was so many milliseconds ago. */
  lagMs: number;
  /** Requests are taken and never answered. */
  hangs: boolean;
  /** Actions that the caller's policy does not allow. */
  denied: string[];
  /** Every request fails with this code, like AuthFailure or RequestExpired. */
  refusesAll: string | undefined;
  /** The next request of this action is carried out, and its answer lost with the connection. */
  losesAnswerOf: string | undefined;
}

export interface FakeEc2 {
  readonly url: string;
  readonly world: Ec2World;
  readonly faults: Ec2Faults;
  /** Actions asked for, in order; `DryRun` ones carry a star. */
  readonly calls: readonly string[];
  close(): Promise<void>;
}

export interface FakeEc2Options {
  readonly host?: string;
  readonly port?: number;
  readonly world?: Ec2World;
}

/** A stateful EC2 endpoint that speaks the real one's wire format: form requests, XML answers, its own error codes. */
export const startEc2 = async ({
  host = '127.0.0.1',
  port = 0,
  world = smallWorld(),
}: FakeEc2Options = {}): Promise<FakeEc2> => {
  const faults: Ec2Faults = {
    throttle: 0,
    lagMs: 0,
    hangs: false,
    denied: [],
    refusesAll: undefined,
    losesAnswerOf: undefined,
  };
  const calls: string[] = [];
  const past: {readonly atMs: number; readonly world: Ec2World}[] = [];
  const server = createServer((request, response) => {
    void answer(request, response, {world, faults, calls, past});
  });
  await new Promise<void>(resolve => server.listen(port, host, resolve));
  const address = server.address() as AddressInfo;
  return {
    url: `http://${host}:${address.port}`,
    world,
    faults,
    calls,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

interface Means {
  readonly world: Ec2World;
  readonly faults: Ec2Faults;
  readonly calls: string[];
  /** How the world was until each change. */
  readonly past: {readonly atMs: number; readonly world: Ec2World}[];
}

const answer = async (request: IncomingMessage, response: ServerResponse, means: Means): Promise<void> => {
  const {faults, calls} = means;
  const parameters = new URLSearchParams(await readBody(request));
  const action = parameters.get('Action') ?? '';
  const isDryRun = parameters.get('DryRun') === 'true';
  calls.push(isDryRun ? `${action}*` : action);
  if (faults.hangs) return;
  try {
    const tree = perform({action, isDryRun, isSigned: isSigned(request)}, readParameters(parameters), means);
    if (faults.losesAnswerOf === action) {
      faults.losesAnswerOf = undefined;
      request.socket.destroy();
      return;
    }
    const content = {requestId: randomUUID(), ...tree};
    const xml = element(`${action}Response`, content).replace(
      '>',
      ' xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">',
    );
    send(response, 200, xml);
  } catch (error) {
    if (!(error instanceof Ec2Error)) throw error;
    const {code, message, httpStatus} = error;
    const body = {Errors: {Error: {Code: code, Message: message}}, RequestID: randomUUID()};
    send(response, httpStatus, element('Response', body));
  }
};

interface Asked {
  readonly action: string;
  readonly isDryRun: boolean;
  readonly isSigned: boolean;
}

/** In the order of the real one: who asks, how often, whether he may, whether he means it. */
const perform = ({action, isDryRun, isSigned}: Asked, parameters: Parameters, {world, faults, past}: Means) => {
  if (!isSigned) throw new Ec2Error('MissingAuthenticationToken', 'Request is missing Authentication Token', 403);
  if (faults.refusesAll !== undefined)
    throw new Ec2Error(faults.refusesAll, 'AWS was not able to validate the provided access credentials', 401);
  if (faults.throttle > 0) {
    faults.throttle--;
    throw new Ec2Error('RequestLimitExceeded', 'Request limit exceeded.', 503);
  }
  const known = actions[action];
  if (known === undefined)
    throw new Ec2Error('InvalidAction', `The action ${action} is not valid for this web service.`);
  if (faults.denied.includes(action))
    throw new Ec2Error(
      'UnauthorizedOperation',
      `You are not authorized to perform this operation. User: arn:aws:iam::123456789012:user/mha is not authorized to perform: ec2:${action}. Encoded authorization failure message: ${'x'.repeat(900)}`,
      403,
    );
  if (isDryRun && known.hasDryRun)
    throw new Ec2Error('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', 412);
  if (known.isRead) return known.run(asSeen(world, past, faults.lagMs), parameters);
  past.push({atMs: performance.now(), world: structuredClone(world)});
  return known.run(world, parameters);
};

/** The world before the first change that is too young to be seen. */
const asSeen = (world: Ec2World, past: Means['past'], lagMs: number): Ec2World =>
  past.find(({atMs}) => atMs > performance.now() - lagMs)?.world ?? world;

const isSigned = ({headers}: IncomingMessage): boolean =>
  headers.authorization?.startsWith('AWS4-HMAC-SHA256 ') === true;

const readBody = async (request: IncomingMessage): Promise<string> => {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
};

const send = (response: ServerResponse, status: number, xml: string): void => {
  response.writeHead(status, {'content-type': 'text/xml;charset=UTF-8'});
  response.end(`<?xml version="1.0" encoding="UTF-8"?>\n${xml}`);
};

const readParameters = (given: URLSearchParams): Parameters => {
  const list = (name: string): string[] =>
    [...given]
      .filter(([key]) => key.startsWith(`${name}.`) && /^\d+$/.test(key.slice(name.length + 1)))
      .map(([, value]) => value);
  return {
    one: name => given.get(name) ?? undefined,
    list,
    filters: () =>
      new Map(
        [...given]
          .filter(([key]) => /^Filter\.\d+\.Name$/.test(key))
          .map(([key, name]) => [name, list(key.replace(/Name$/, 'Value'))] as const),
      ),
  };
};
