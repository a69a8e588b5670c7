import {CloudFailed} from '../cloud.ts';
import type {Cloud, Credentials, Named} from './cloud.ts';
import type {Answer} from './exchange.ts';
import {type Asked, OpenStackRefused, toRefusal} from './failure.ts';
import {record, records, text} from './read-json.ts';

/** A token and where the services are. It lives in this process only. */
export interface Token {
  readonly value: string;
  readonly catalogue: readonly Endpoint[];
}

export interface Endpoint {
  readonly service: string;
  readonly interface: string;
  readonly region: string;
  readonly url: string;
}

/** Sends one request to Keystone; `asked` names it in errors. */
export type Send = (request: {url: string; body: unknown}, asked: Asked) => Promise<Answer>;

export const issueToken = async (cloud: Cloud, send: Send): Promise<Token> => {
  const asked = {what: 'a token', server: `Keystone at ${cloud.authUrl}`};
  const answer = await send({url: `${cloud.authUrl}/auth/tokens`, body: {auth: identify(cloud.credentials)}}, asked);
  const value = answer.header('x-subject-token');
  if (answer.status === 201 && value !== '') return {value, catalogue: readCatalogue(answer.body)};
  const refusal = toRefusal(answer, asked);
  if (answer.status !== 401 && answer.status !== 403 && answer.status !== 404) throw refusal;
  throw new OpenStackRefused(refusal.message, {
    ...refusal,
    hint: adviceOn(answer.status, cloud),
    isWorthAnotherTry: false,
  });
};

/** The URL of a service in the wanted region, without a version at its end. */
export const endpointOf = (cloud: Cloud, {catalogue}: Token, service: string): string => {
  const all = catalogue.filter(one => one.service === service);
  const wanted = all.filter(
    one => one.interface === cloud.interface && (cloud.region === undefined || one.region === cloud.region),
  );
  const [endpoint] = wanted;
  const regions = [...new Set(wanted.map(({region}) => region))];
  if (regions.length > 1)
    throw misplaced(`the catalogue has ${service} in several regions (${regions.join(', ')})`, 'set region_name');
  if (endpoint !== undefined) return endpoint.url.replace(/\/+$/, '').replace(/\/v2\.0$/, '');
  const there = all.map(one => `${one.region} ${one.interface}`).join(', ') || 'none at all';
  const where = `interface ${cloud.interface}${cloud.region === undefined ? '' : `, region ${cloud.region}`}`;
  throw misplaced(
    `the service catalogue has no ${service} for ${where}; it has: ${there}`,
    'set region_name and interface of the cloud, and let the credentials have a project',
  );
};

const misplaced = (message: string, hint: string): CloudFailed =>
  new CloudFailed(`openstack: ${message}`, {hint: `${hint} in clouds.yaml`, isWorthAnotherTry: false});

const identify = (credentials: Credentials): unknown => {
  if (credentials.kind === 'password') {
    const {user, password, project} = credentials;
    return {
      identity: {methods: ['password'], password: {user: {...named(user), password}}},
      scope: {project: named(project)},
    };
  }
  const {credential, user, secret} = credentials;
  const owner = user === undefined ? {} : {user: named(user)};
  return {
    identity: {methods: ['application_credential'], application_credential: {...credential, ...owner, secret}},
  };
};

/** An id is enough by itself; Keystone refuses a domain beside it. */
const named = (one: Named): object => ('id' in one ? {id: one.id} : one);

const adviceOn = (status: number, {credentials, source}: Cloud): string => {
  if (status === 404) return 'auth_url is not that of a Keystone with /v3: compare it with openstack catalog list';
  return credentials.kind === 'password'
    ? `${source}: the user, its password, its domain or its project is wrong, or the password has expired`
    : `${source}: the application credential's id or secret is wrong, or it has expired or was deleted: see openstack application credential list`;
};

const readCatalogue = (body: unknown): Endpoint[] =>
  records(record(record(body).token).catalog).flatMap(service =>
    records(service.endpoints).map(endpoint => ({
      service: text(service.type),
      interface: text(endpoint.interface),
      region: text(endpoint.region_id) || text(endpoint.region),
      url: text(endpoint.url),
    })),
  );
