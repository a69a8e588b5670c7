import type {CloudEnvironment, ClusterConfig, HostConfig, ReportConfig, VipConfig} from './cluster-config.ts';
import {compileReport} from './compile-report.ts';
import {compileVip, isOnHost} from './compile-vip.ts';
import type {Problem} from './config-invalid.ts';
import {type Defaults, place, readDefaults, type SectionValues, type Values} from './read-section.ts';
import {type InstanceName, instanceText, parseSectionName} from './section-name.ts';

/** Reports a problem of the file that is being compiled. */
export type Report = (problem: Omit<Problem, 'file'>) => void;

export interface ClusterSections {
  /** [default]; empty when the file has none. */
  readonly common: SectionValues;
  readonly sections: readonly SectionValues[];
  /** Of the process, for providers whose credentials are in it; undefined: none. */
  readonly environment?: CloudEnvironment | undefined;
}

/** The checked sections of one file, put together. Once something was reported the result must not be used. */
export const compileCluster = (
  {name, file, common, sections, environment}: ClusterSections & {readonly name: string; readonly file: string},
  report: Report,
): ClusterConfig => {
  const defaults = readDefaults();
  const values = {...defaults, ...common.values};
  const vip = compileVip({common, sections, environment}, report);
  const hosts = sections.flatMap(section => compileHost({section, common, defaults, vip}, report));
  if (sections.length === 0) report({message: 'names no host; write one section per MySQL host, like [db10]'});
  reportTwins(hosts, report);
  return {
    name,
    file,
    hosts,
    vip,
    report: compileReport(values, common, report),
    tls: {ca: values.tls_ca, certificate: values.tls_cert, key: values.tls_key, crl: values.tls_crl},
    hookTimeoutMs: hookTimeout({common, hosts}, report),
    whenNotFenced: values.when_not_fenced,
    vipRelease: values.vip_release,
    longWriteWaitMs: values.long_write_wait,
    stateDir: values.state_dir,
    metricsTextfileDir: values.metrics_textfile_dir,
  };
};

const compileHost = (
  {section, common, defaults, vip}: {section: SectionValues; common: SectionValues; defaults: Defaults; vip: VipConfig},
  report: Report,
): readonly HostConfig[] => {
  const instance = parseSectionName(section.name);
  if (instance === undefined) {
    report({...place(section), message: 'is no host; write [host], [host:port] or [[IPv6]:port]'});
    return [];
  }
  const values = {...defaults, ...common.values, ...section.values};
  if (isOnHost(vip) && values.cluster_interface === undefined && !isWritten('cluster_interface', section, common))
    report({...place(section), key: 'cluster_interface', message: 'missing; write the interface that carries the VIP'});
  return [hostConfig(instance, values, compileReport(values, section, report))];
};

const hostConfig = (instance: InstanceName, values: Values & Defaults, report: ReportConfig): HostConfig => ({
  ...instance,
  agent: {
    address: values.agent_address ?? instance.name,
    addressIsExplicit: values.agent_address !== undefined,
    port: values.agent_port,
  },
  ip: values.ip,
  clusterInterface: values.cluster_interface,
  superReadOnly: values.super_read_only,
  killAfterMs: values.kill_after_timeout,
  requiresSudo: values.requires_sudo,
  requiresArping: values.requires_arping,
  excludeUsers: values.exclude_users,
  report,
});

const hookTimeout = (
  {common, hosts}: {common: SectionValues; hosts: readonly HostConfig[]},
  report: Report,
): number => {
  const longestGrace = Math.max(0, ...hosts.map(host => host.killAfterMs));
  const written = common.values.hook_timeout;
  if (written === undefined) return Math.max(60_000, longestGrace + 30_000);
  if (written <= longestGrace) {
    const message = `leaves no time beside kill_after_timeout = ${longestGrace / 1000}; write a larger number of seconds`;
    report({...place(common, 'hook_timeout'), key: 'hook_timeout', message});
  }
  return written;
};

/** `[db10]` and `[db10:3306]` are one instance, and so are two names with one ip and port. */
const reportTwins = (hosts: readonly HostConfig[], report: Report): void => {
  const seen = new Set<string>();
  for (const host of hosts) {
    const names = [host.name, ...(host.ip === undefined ? [] : [host.ip])];
    const instances = new Set(names.map(name => instanceText({name, port: host.port})));
    const twin = [...instances].find(instance => seen.has(instance));
    if (twin !== undefined) report({section: host.name, message: `${twin} is there twice; keep one section`});
    for (const instance of instances) seen.add(instance);
  }
};

const isWritten = (key: string, ...sections: readonly SectionValues[]): boolean =>
  sections.some(section => section.entries.has(key));
