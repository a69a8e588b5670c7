import {lookup} from 'node:dns/promises';
import type {MhaConfig} from '../check/mha-config.ts';
import type {FoundInstance} from './find-topology.ts';

/** Where our commands are, as MHA shall call them. */
export interface HookPaths {
  readonly online: string;
  readonly hard: string;
  readonly report: string;
}

/** What MHA needs to log in; each stands in its file or in the site's defaults. */
const accountKeys = ['user', 'password', 'repl_user', 'repl_password', 'ssh_user'] as const;

/**
 * An application file of MHA for these instances, from nothing. Accounts cannot be discovered: those that the site's
 * defaults do not have are left to be filled in.
 */
export const newMhaText = async (
  instances: readonly FoundInstance[],
  {hooks, siteDefaults}: {readonly hooks: HookPaths; readonly siteDefaults: ReadonlyMap<string, string>},
): Promise<string> => {
  const unset = missingAccounts(siteDefaults);
  const accounts =
    unset.length === 0
      ? []
      : ['# Fill these in here, or in /etc/masterha_default.cnf for all clusters:', ...unset.map(key => `#${key}=`)];
  const head = [
    '# Found by mha-helper discover.',
    '[server default]',
    ...accounts,
    `master_ip_online_change_script=${hooks.online}`,
    `master_ip_failover_script=${hooks.hard}`,
    `report_script=${hooks.report}`,
  ];
  return `${head.join('\n')}\n\n${await serverSections(instances, 1)}`;
};

export const missingAccounts = (defaults: ReadonlyMap<string, string>): readonly string[] =>
  accountKeys.filter(key => !defaults.has(key));

/** Sections for the instances that MHA's file does not have yet; undefined: it has them all. */
export const missingServers = async (
  config: MhaConfig,
  instances: readonly FoundInstance[],
): Promise<string | undefined> => {
  const missing = instances.filter(one => !knowsInstance(config, one));
  if (missing.length === 0) return undefined;
  const numbers = config.sections.map(section => Number(/^server(\d+)$/.exec(section)?.[1] ?? 0));
  return serverSections(missing, Math.max(0, ...numbers) + 1);
};

export const knowsInstance = ({servers}: MhaConfig, {host, ip, port}: FoundInstance): boolean =>
  servers.some(server => server.port === port && ([host, ip].includes(server.host.toLowerCase()) || server.ip === ip));

const serverSections = async (instances: readonly FoundInstance[], first: number): Promise<string> => {
  const sections = await Promise.all(
    instances.map(async ({host, ip, port}, index) => {
      const own = [`[server${first + index}]`, `hostname=${host}`, ...(port === 3306 ? [] : [`port=${port}`])];
      return [...own, ...((await resolvesTo(host, ip)) ? [] : [`ip=${ip}`])].map(line => `${line}\n`).join('');
    }),
  );
  return sections.join('\n');
};

/** MHA resolves the name itself; where that leads elsewhere, or nowhere, it has to be told. */
const resolvesTo = async (host: string, ip: string): Promise<boolean> => {
  const found = await lookup(host, {all: true}).catch(() => []);
  return found.some(({address}) => address === ip);
};
