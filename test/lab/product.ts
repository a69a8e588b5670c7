import {copyFile, mkdir} from 'node:fs/promises';
import {join} from 'node:path';
import {initPki, issueAgent, issueController, issueOperator} from '../../controller/pki/issue.ts';
import {caFiles, roleFiles} from '../../controller/pki/layout.ts';
import {accounts} from './accounts.ts';
import type {Hosts} from './hosts.ts';
import {socketPath} from './servers.ts';
import {type DbHost, dbHosts, type HostName, labInterface, writerVip} from './topology.ts';

/** Lines of an ini section, by key. */
export type Keys = Readonly<Record<string, string>>;

export interface Product {
  /** All the product needs on all hosts: certificates, agent.ini, option files, the cluster file `lab.conf`. */
  installProduct(): Promise<void>;
  /** The authority, the controller's and an operator's certificate on the manager; each agent's own on its host. */
  installPki(): Promise<void>;
  /** /etc/mha-helper/agent.ini with the option file beside it. `sections` are appended as they are. */
  writeAgentConfig(
    host: DbHost,
    options?: {
      readonly agent?: Keys;
      readonly instance?: Keys;
      readonly vips?: readonly string[];
      readonly sections?: string;
    },
  ): Promise<void>;
  /** /etc/mha-helper/lab.conf on the manager. */
  writeClusterConfig(options?: {
    readonly defaults?: Keys;
    readonly hosts?: Partial<Record<DbHost, Keys>>;
  }): Promise<void>;
}

export const pkiDirectory = '/etc/mha-helper/pki';

export const createProduct = (hosts: Hosts): Product => {
  const product: Product = {
    installProduct: async () => {
      await product.installPki();
      await Promise.all(dbHosts.map(host => product.writeAgentConfig(host)));
      await product.writeClusterConfig();
    },
    installPki: () => installPki(hosts),
    writeAgentConfig: async (host, {agent = {}, instance = {}, vips = [writerVip], sections = ''} = {}) => {
      await hosts.write(host, optionFile, section('client', {...accounts.agent}), 0o600);
      const text = [
        section('agent', agent),
        section('instance:3306', {socket: socketPath, option_file: optionFile, ...instance}),
        ...vips.map(vip => section(`vip:${vip}`, {interface: labInterface})),
        sections,
      ];
      await hosts.write(host, '/etc/mha-helper/agent.ini', text.join('\n'), 0o600);
    },
    writeClusterConfig: async ({defaults = {}, hosts: own = {}} = {}) => {
      const text = [
        section('default', {...clusterDefaults, ...defaults}),
        ...dbHosts.map(host => section(host, own[host] ?? {})),
      ];
      await hosts.write('mgr', '/etc/mha-helper/lab.conf', text.join('\n'));
    },
  };
  return product;
};

const optionFile = '/etc/mha-helper/agent.cnf';

const clusterDefaults: Keys = {
  vip_type: 'metal',
  writer_vip_cidr: writerVip,
  cluster_interface: labInterface,
  requires_sudo: 'no',
  requires_arping: 'yes',
  kill_after_timeout: '1',
};

const section = (name: string, keys: Keys): string =>
  `[${name}]\n${Object.entries(keys)
    .map(([key, value]) => `${key} = ${value}\n`)
    .join('')}`;

const installPki = async (hosts: Hosts): Promise<void> => {
  await hosts.mustExec('mgr', ['rm', '-rf', pkiDirectory]);
  const dir = hosts.pathOf('mgr', pkiDirectory);
  await initPki(dir);
  await issueController(dir);
  await issueOperator(dir, 'alice');
  await issueAgent(dir, dbHosts);
  await Promise.all(dbHosts.map(host => handOver(hosts, dir, host)));
};

/** What an administrator copies to a database host: its own pair and the authority's certificate, never its key. */
const handOver = async (hosts: Hosts, from: string, host: DbHost): Promise<void> => {
  const own = roleFiles(from, {kind: 'agent', host});
  const to = (file: string): string => inPki(hosts, host, file);
  await mkdir(inPki(hosts, host, ''), {recursive: true, mode: 0o700});
  await copyFile(caFiles(from).certificate, to('ca.crt'));
  await copyFile(own.certificate, to('agent.crt'));
  await copyFile(own.key, to('agent.key'));
};

const inPki = (hosts: Hosts, host: HostName, file: string): string => hosts.pathOf(host, join(pkiDirectory, file));
