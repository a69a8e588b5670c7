import {readFileSync} from 'node:fs';
import {hostname} from 'node:os';
import {canonicalHost} from '../../proto/identity.ts';
import {
  type AgentConfig,
  type AllowedVip,
  type BootPolicy,
  defaultAgentPort,
  type InstanceConfig,
} from './agent-config.ts';
import {ConfigInvalid, type ConfigProblem} from './config-invalid.ts';
import {IniSection, type Report, readSections} from './ini-section.ts';
import {
  parseAddressAndPort,
  parseCidrText,
  parseInterfaceName,
  parseMetricsListen,
  parseName,
  parseNames,
  parsePath,
  parsePortText,
} from './parse-text.ts';

/** Reads `/etc/mha-helper/agent.ini`, or throws `ConfigInvalid` with all that is wrong in it. */
export const readAgentConfig = (file: string): AgentConfig => {
  const problems: ConfigProblem[] = [];
  const report: Report = problem => problems.push(problem);
  const sections = readSections(readText(file), report);
  const agent = sections.find(({name}) => name === 'agent') ?? new IniSection('agent', {}, report);
  const config = {
    ...readAgent(agent),
    instances: sections.filter(isCalled('instance')).flatMap(readInstance),
    vips: sections.filter(isCalled('vip')).flatMap(readVip),
  };
  for (const {name} of sections.filter(section => !isKnown(section)))
    report({section: name, message: 'unknown section; write [agent], [instance:PORT] or [vip:ADDRESS/PREFIX]'});
  if (!sections.some(isCalled('instance')))
    report({message: 'has no instance; write a section like [instance:3306] with socket = /run/mysqld/mysqld.sock'});
  if (problems.length > 0) throw new ConfigInvalid(file, problems);
  return config;
};

const readText = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigInvalid(file, [{message: `cannot be read: ${reason}`}], {cause: error});
  }
};

const isCalled =
  (kind: string) =>
  ({name}: IniSection): boolean =>
    name.startsWith(`${kind}:`);

const isKnown = (section: IniSection) =>
  section.name === 'agent' || isCalled('instance')(section) || isCalled('vip')(section);

const pki = '/etc/mha-helper/pki';

const readAgent = (section: IniSection): Omit<AgentConfig, 'instances' | 'vips'> => {
  const path = (key: string, byDefault: string) => section.read(key, parsePath, 'an absolute path') ?? byDefault;
  const host = section.read('host', canonicalHost, "this host's name in the cluster's configuration");
  const listen = section.read('listen', parseAddressAndPort(defaultAgentPort), 'ADDRESS:PORT, like 0.0.0.0:7306');
  const metrics = section.read('metrics_listen', parseMetricsListen, 'off, a port, or ADDRESS:PORT');
  const agent = {
    host: host ?? hostname().toLowerCase(),
    listen: {address: listen?.host ?? '0.0.0.0', port: listen?.port ?? defaultAgentPort},
    metricsListen: metrics === undefined || metrics === 'off' ? undefined : {address: metrics.host, port: metrics.port},
    tls: {
      ca: path('tls_ca', `${pki}/ca.crt`),
      certificate: path('tls_cert', `${pki}/agent.crt`),
      key: path('tls_key', `${pki}/agent.key`),
      crl: path('tls_crl', `${pki}/crl.pem`),
    },
    stateDir: path('state_dir', '/var/lib/mha-helper-agent'),
    bootPolicy: section.read('boot_policy', parseBootPolicy, 'read_only or leave') ?? 'read_only',
  };
  section.reportUnknownKeys();
  return agent;
};

const parseBootPolicy = (text: string): BootPolicy | undefined =>
  text === 'read_only' || text === 'leave' ? text : undefined;

const readInstance = (section: IniSection): readonly InstanceConfig[] => {
  const port = parsePortText(section.name.slice('instance:'.length));
  const path = section.read('socket', parsePath, "the absolute path of mysqld's socket");
  const address = section.read('address', parseAddressAndPort(port ?? 3306), 'HOST:PORT, like 127.0.0.1:3306');
  const user = section.read('user', parseName, 'the name of the account');
  const optionFile = section.read('option_file', parsePath, 'the absolute path of a MySQL option file');
  const excludeUsers = section.read('exclude_users', parseNames, 'account names with commas') ?? [];
  section.reportUnknownKeys();
  if (port === undefined) section.problem(undefined, 'names no port; write [instance:3306]');
  if (section.has('socket') === section.has('address'))
    section.problem(undefined, 'needs to know one way to mysqld; write either socket or address');
  const tcp = address === undefined ? undefined : ({kind: 'tcp', ...address} as const);
  const connect = path === undefined ? tcp : ({kind: 'socket', path} as const);
  return port === undefined || connect === undefined ? [] : [{port, connect, user, optionFile, excludeUsers}];
};

const readVip = (section: IniSection): readonly AllowedVip[] => {
  const cidr = parseCidrText(section.name.slice('vip:'.length));
  const device = section.read('interface', parseInterfaceName, 'the interface that carries it, like eth1');
  section.reportUnknownKeys();
  if (cidr === undefined) section.problem(undefined, 'names no address; write ADDRESS/PREFIX, like [vip:10.0.0.50/24]');
  if (!section.has('interface'))
    section.problem('interface', 'missing; write the interface that carries it, like eth1');
  return cidr === undefined || device === undefined ? [] : [{cidr, interface: device}];
};
