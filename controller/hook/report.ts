import type {ClusterConfig, HostConfig} from '../config/cluster-config.ts';
import {ConfigInvalid} from '../config/config-invalid.ts';
import {loadClusters} from '../config/load-clusters.ts';
import {findVipHolders, unknownHolders} from '../failover/find-vip-holders.ts';
import {type FailoverRecord, readNewest} from '../record/record-file.ts';
import {accountOf} from '../report/account.ts';
import {deliver} from '../report/deliver.ts';
import {makeNotice} from '../report/notice.ts';
import {exitCodes} from './exit-codes.ts';
import {parseHookArguments} from './parse-arguments.ts';
import type {HookEnvironment} from './run-hook.ts';

/** What a report may cost in all; telling people is bounded to ten seconds. */
const reportMs = 15_000;
const lookMs = 2000;

/**
 * `report_script`: tells people MHA's own words and, before them, what we know of the VIP and the old master. Exit code 0:
 * everybody was told, or nobody is to be; 1: somebody was not, and the output says whether that is tried again.
 */
export const reportHook = async ({argv, configDirectory, tell: say, endBy}: HookEnvironment): Promise<number> => {
  endBy(reportMs);
  const tell = (line: string): void => say(`master_failover_report: ${line}`);
  const args = parseHookArguments('report', argv);
  for (const note of args.notes) say(`note: ${note}`);
  const {cluster, host} = await findReported(loadClusters(configDirectory).clusters, args.oldMasterHost);
  const record = await newestRecord(cluster);
  const vips = await findVipHolders(cluster, lookMs).catch((error: Error) => {
    tell(`note: no agent could be asked: ${error.message}`);
    return unknownHolders(cluster);
  });
  const account = accountOf(record, {oldMasterHost: host.name, vips});
  const notice = makeNotice({
    event: 'failover',
    result: args.newMasterHost === undefined ? 'failed' : 'succeeded',
    cluster: cluster.name,
    failover: account === undefined ? undefined : record?.head.id,
    oldMaster: account?.oldMaster ?? host.name,
    newMaster: args.newMasterHost,
    subject: args.subject,
    body: args.body,
    account,
  });
  const section = `${host.name}:${host.port}`;
  const everybody = await deliver({settings: cluster, section, config: host.report, notice, tell});
  return everybody ? exitCodes.done : exitCodes.failed;
};

interface Reported {
  readonly cluster: ClusterConfig;
  readonly host: HostConfig;
}

/** MHA names only the host of the old master; where several clusters have it, the newest failover decides. */
const findReported = async (clusters: readonly ClusterConfig[], name: string): Promise<Reported> => {
  const candidates = clusters.flatMap(cluster => {
    const host = cluster.hosts.find(one => one.name.toLowerCase() === name.toLowerCase() || one.ip === name);
    return host === undefined ? [] : [{cluster, host}];
  });
  const dated = await Promise.all(candidates.map(async one => ({...one, atMs: await lastFailoverMs(one)})));
  const [newest] = dated.sort((a, b) => b.atMs - a.atMs);
  if (newest !== undefined) return newest;
  const files = clusters.map(({file}) => file).join(', ') || 'no valid file';
  throw new ConfigInvalid([{file: files, message: `no cluster has a section [${name}]`}]);
};

const lastFailoverMs = async ({cluster, host}: Reported): Promise<number> => {
  const record = await newestRecord(cluster);
  return record?.head.oldMaster.startsWith(`${host.name}:`) === true ? record.head.startedMs : 0;
};

/** One that cannot be read costs our account of the failover, not the report. */
const newestRecord = async ({stateDir, name}: ClusterConfig): Promise<FailoverRecord | undefined> => {
  const {record} = await readNewest(stateDir, name).catch(() => ({record: undefined}));
  return record;
};
