import {readFile} from 'node:fs/promises';
import {isAbsolute, join} from 'node:path';
import type {CloudEnvironment, OpenStackConfig} from '../../config/cluster-config.ts';
import {CloudFailed} from '../cloud.ts';
import type {Cloud} from './cloud.ts';
import {compileCloud} from './compile-cloud.ts';

export type CloudChoice = Pick<OpenStackConfig, 'cloud' | 'environment'>;

/**
 * Reads the cloud as OpenStack's own client does: clouds.yaml is the first of OS_CLIENT_CONFIG_FILE, the working
 * directory, ~/.config/openstack and /etc/openstack; secure.yaml beside it is laid over it; OS_CLOUD names the entry.
 * Without a named entry the OS_* variables speak, and without those the only entry there is.
 */
export const readCloud = async ({cloud, environment}: CloudChoice): Promise<Cloud> => {
  const name = cloud ?? (environment.OS_CLOUD || undefined);
  if (name === undefined && environment.OS_AUTH_URL)
    return withCa(compileCloud(fromEnvironment(environment), 'the OS_* environment'));
  const {file, clouds} = await readClouds(environment);
  const chosen = name ?? onlyName(clouds, file);
  const entry = clouds[chosen];
  if (entry === undefined)
    throw invalid(`${file} has no cloud ${chosen}`, `it has: ${Object.keys(clouds).join(', ') || 'none'}`);
  return withCa(compileCloud(entry, `cloud ${chosen} of ${file}`));
};

/** The file names the CA; from here on it travels as a value. */
const withCa = async ({caFile, ...cloud}: ReturnType<typeof compileCloud>): Promise<Cloud> => {
  if (caFile === undefined) return {...cloud, ca: undefined};
  try {
    return {...cloud, ca: await readFile(caFile, 'utf8')};
  } catch (error) {
    throw invalid(`${cloud.source}: cacert ${caFile} cannot be read (${codeOf(error)})`, 'give the path of a PEM file');
  }
};

type Tree = {readonly [key: string]: unknown};

const readClouds = async (environment: CloudEnvironment): Promise<{file: string; clouds: Record<string, Tree>}> => {
  const found = await firstFile(searchPath(environment, 'clouds', 'OS_CLIENT_CONFIG_FILE'));
  if (found === undefined) {
    const places = searchPath(environment, 'clouds', 'OS_CLIENT_CONFIG_FILE').join(', ');
    throw invalid(
      `no clouds.yaml; looked for ${places}`,
      'write one with an application credential, readable by the user who runs MHA only, or set OS_CLIENT_CONFIG_FILE',
    );
  }
  const secure = await firstFile(searchPath(environment, 'secure', 'OS_CLIENT_SECURE_FILE'));
  const trees = await Promise.all([found, ...(secure === undefined ? [] : [secure])].map(parseFile));
  const [base = {}, over = {}] = trees.map(tree => (isTree(tree.clouds) ? tree.clouds : {}));
  const merged = overlay(base, over);
  const clouds = Object.fromEntries(Object.entries(merged).filter((pair): pair is [string, Tree] => isTree(pair[1])));
  return {file: found.file, clouds};
};

const searchPath = (environment: CloudEnvironment, name: string, variable: string): string[] => {
  const named = environment[variable];
  const home = environment.XDG_CONFIG_HOME || (environment.HOME ? join(environment.HOME, '.config') : undefined);
  const directories = ['.', ...(home === undefined ? [] : [join(home, 'openstack')]), '/etc/openstack'];
  const files = directories.flatMap(directory => [join(directory, `${name}.yaml`), join(directory, `${name}.yml`)]);
  return [...(named && isAbsolute(named) ? [named] : []), ...files];
};

const firstFile = async (files: readonly string[]): Promise<{file: string; text: string} | undefined> => {
  for (const file of files) {
    try {
      return {file, text: await readFile(file, 'utf8')};
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'ENOTDIR')
        throw invalid(
          `${file} cannot be read (${codeOf(error)})`,
          'let the user who runs MHA read it, and nobody else',
        );
    }
  }
  return undefined;
};

const parseFile = async ({file, text}: {file: string; text: string}): Promise<Tree> => {
  const {parseYaml} = await import('./parse-yaml.ts');
  const parsed = parseYaml(text);
  if ('line' in parsed)
    throw invalid(
      `${file} is not valid YAML in line ${parsed.line} (${parsed.code})`,
      'correct it; openstack token issue tries it',
    );
  const tree = parsed.value;
  return isTree(tree) ? tree : {};
};

const onlyName = (clouds: Record<string, Tree>, file: string): string => {
  const [name, ...more] = Object.keys(clouds);
  if (name !== undefined && more.length === 0) return name;
  throw invalid(
    `${file} has ${name === undefined ? 'no' : 'several'} clouds and none is chosen`,
    'set openstack_cloud',
  );
};

/** What OpenStack's client makes of OS_USERNAME and the like: the same keys as in clouds.yaml. */
const fromEnvironment = (environment: CloudEnvironment): Tree => {
  const pick = (names: readonly string[]) =>
    Object.fromEntries(
      names.flatMap(name => {
        const value = environment[`OS_${name.toUpperCase()}`];
        return value === undefined || value === '' ? [] : [[name, value]];
      }),
    );
  return {
    ...pick(['auth_type', 'region_name', 'interface', 'endpoint_type', 'cacert', 'network_endpoint_override']),
    ...(environment.OS_INSECURE === undefined ? {} : {verify: !/^(1|true|yes)$/i.test(environment.OS_INSECURE)}),
    auth: pick(authKeys),
  };
};

const authKeys = [
  ...['auth_url', 'username', 'user_id', 'user_domain_name', 'user_domain_id', 'password'],
  ...['project_name', 'project_id', 'tenant_name', 'tenant_id', 'project_domain_name', 'project_domain_id'],
  ...['default_domain', 'default_domain_id', 'default_domain_name', 'domain_id', 'domain_name'],
  ...['application_credential_id', 'application_credential_name', 'application_credential_secret'],
];

const overlay = (base: Tree, over: Tree): Tree => {
  const merged: Record<string, unknown> = {...base};
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] = isTree(below) && isTree(value) ? overlay(below, value) : value;
  }
  return merged;
};

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'unknown reason';

const invalid = (message: string, hint: string): CloudFailed =>
  new CloudFailed(`openstack: ${message}`, {hint, isWorthAnotherTry: false});
