import type {ClusterConfig, HostConfig} from '../config/cluster-config.ts';
import {ConfigInvalid} from '../config/config-invalid.ts';
import {loadClusters} from '../config/load-clusters.ts';
import {findVipHolders} from '../failover/find-vip-holders.ts';
import {readNewest} from '../record/record-file.ts';
import {accountOf} from '../report/account.ts';
import {sendReport} from '../report/send-report.ts';
import {exitCodes} from './exit-codes.ts';
import {parseHookArguments} from './parse-arguments.ts';
import type {HookEnvironment} from './run-hook.ts';

/** What a report may cost in all; the mail itself is bounded to ten seconds. */
const reportMs = 15_000;
const lookMs = 2000;

/** `report_script`: mails MHA's own words and, before them, what we know of the VIP and the old master. */
export const reportHook = async ({argv, configDirectory, tell, endBy}: HookEnvironment): Promise<number> => {
  endBy(reportMs);
  const args = parseHookArguments('report', argv);
  for (const note of args.notes) tell(`note: ${note}`);
  const {cluster, host} = await findReported(loadClusters(configDirectory).clusters, args.oldMasterHost);
  const [{record}, vips] = await Promise.all([
    readNewest(cluster.stateDir, cluster.name),
    findVipHolders(cluster, lookMs),
  ]);
  const account = accountOf(record, {oldMasterHost: host.name, vips});
  const {accepted, rejected} = await sendReport({config: host.report, subject: args.subject, body: args.body, account});
  for (const {recipient, reason} of rejected) tell(`master_failover_report: ${recipient} was refused: ${reason}`);
  if (host.report.recipients.length === 0) tell('master_failover_report: report_email is empty, so nobody is told');
  else tell(`master_failover_report: mailed to ${accepted.join(', ') || 'nobody'}`);
  return rejected.length > 0 ? exitCodes.failed : exitCodes.done;
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
  const {record} = await readNewest(cluster.stateDir, cluster.name).catch(() => ({record: undefined})); // unreadable: not the one
  return record?.head.oldMaster.startsWith(`${host.name}:`) === true ? record.head.startedMs : 0;
};
