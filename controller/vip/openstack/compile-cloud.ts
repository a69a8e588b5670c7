import {CloudFailed} from '../cloud.ts';
import type {Cloud, Credentials, Named} from './cloud.ts';

type Tree = {readonly [key: string]: unknown};

/** One entry of clouds.yaml, or the environment in its shape, checked. Values are never repeated: one is a secret. */
export const compileCloud = (
  entry: Tree,
  source: string,
): Omit<Cloud, 'ca'> & {readonly caFile: string | undefined} => {
  const auth = entry.auth;
  const read = reader(typeof auth === 'object' && auth !== null ? {...entry, ...auth} : entry);
  const problem = (message: string, hint: string) =>
    new CloudFailed(`openstack: ${source} ${message}`, {hint, isWorthAnotherTry: false});
  const authUrl = read('auth_url');
  if (authUrl === undefined) throw problem('has no auth_url', 'write the URL of Keystone, like https://cloud:5000/v3');
  if (!isHttpUrl(authUrl)) throw problem('has an auth_url that is no http(s) URL', 'write https://host:port/v3');
  const credentials = compileCredentials(read);
  if (typeof credentials === 'string')
    throw problem(credentials, 'mha-helper takes a password with user and project, or an application credential');
  const wanted = (read('interface') ?? read('endpoint_type') ?? 'public').replace(/URL$/, '');
  if (wanted !== 'public' && wanted !== 'internal' && wanted !== 'admin')
    throw problem(`has the interface ${wanted}`, 'write public, internal or admin');
  return {
    source,
    authUrl: withVersion(authUrl),
    credentials,
    region: read('region_name'),
    interface: wanted,
    networkUrl: read('network_endpoint_override'),
    caFile: read('cacert'),
    verifiesTls: entry.verify !== false && read('verify')?.toLowerCase() !== 'false',
  };
};

type Read = (key: string) => string | undefined;

/** YAML makes numbers of some ids and names; an empty value is none. */
const reader =
  (entry: Tree): Read =>
  key => {
    const value = entry[key];
    return (typeof value === 'string' && value !== '') || typeof value === 'number' ? String(value) : undefined;
  };

const compileCredentials = (read: Read): Credentials | string => {
  const type = read('auth_type') ?? (read('application_credential_secret') ? 'v3applicationcredential' : 'password');
  if (type === 'v3applicationcredential') return compileApplicationCredential(read);
  if (type !== 'password' && type !== 'v3password') return `has the auth_type ${type}, which is not supported`;
  const password = read('password');
  const user = withDomain(read, {id: 'user_id', name: 'username', domain: 'user_domain'});
  const project =
    withDomain(read, {id: 'project_id', name: 'project_name', domain: 'project_domain'}) ??
    withDomain(read, {id: 'tenant_id', name: 'tenant_name', domain: 'project_domain'});
  if (user === undefined) return 'has no username or user_id';
  if (password === undefined) return 'has no password';
  if (project === undefined) return 'has no project_name or project_id';
  return {kind: 'password', user, password, project};
};

const compileApplicationCredential = (read: Read): Credentials | string => {
  const secret = read('application_credential_secret');
  if (secret === undefined) return 'has no application_credential_secret';
  const [id, name] = [read('application_credential_id'), read('application_credential_name')];
  if (id !== undefined) return {kind: 'application_credential', credential: {id}, user: undefined, secret};
  const user = withDomain(read, {id: 'user_id', name: 'username', domain: 'user_domain'});
  if (name === undefined) return 'has no application_credential_id';
  if (user === undefined) return 'names an application credential but not its user';
  return {kind: 'application_credential', credential: {name}, user, secret};
};

const withDomain = (
  read: Read,
  keys: {readonly id: string; readonly name: string; readonly domain: string},
): (Named & {readonly domain: Named}) | undefined => {
  const [id, name] = [read(keys.id), read(keys.name)];
  const domainId =
    read(`${keys.domain}_id`) ?? read('domain_id') ?? read('default_domain_id') ?? read('default_domain');
  const domainName = read(`${keys.domain}_name`) ?? read('domain_name') ?? read('default_domain_name');
  const ownName = read(`${keys.domain}_id`) === undefined ? domainName : undefined;
  const domain = ownName === undefined ? {id: domainId ?? 'default'} : {name: ownName};
  if (id !== undefined) return {id, domain};
  return name === undefined ? undefined : {name, domain};
};

const isHttpUrl = (text: string): boolean => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);

const withVersion = (text: string): string => `${text.replace(/\/+$/, '').replace(/\/v[23](\.0)?$/, '')}/v3`;
