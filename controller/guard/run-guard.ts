import type {CloudEnvironment} from '../config/cluster-config.ts';
import {loadClusters} from '../config/load-clusters.ts';
import {writeMetrics} from '../metrics/write-metrics.ts';
import type {ProcessIdentity} from '../record/entry.ts';
import {readRecord} from '../record/record-file.ts';
import {watch} from './watch.ts';

export interface GuardInput {
  readonly configDirectory: string;
  /** Of the process, what says how a cloud's API is reached; undefined: nothing. */
  readonly cloudEnvironment: CloudEnvironment;
  readonly cluster: string;
  readonly recordPath: string;
  readonly mha: ProcessIdentity;
  readonly isAgain: boolean;
  readonly tell: (line: string) => void;
  /** Called when it begins to watch. */
  readonly ready: () => void;
}

/** The guard's whole life: watch, heal, tell by mail. */
export const runGuard = async ({
  configDirectory,
  cloudEnvironment,
  cluster: name,
  ...input
}: GuardInput): Promise<void> => {
  const cluster = loadClusters(configDirectory, cloudEnvironment).clusters.find(one => one.name === name);
  if (cluster === undefined) throw new Error(`cluster ${name} has no valid configuration in ${configDirectory}`);
  const lines: string[] = [];
  const tell = (line: string): void => {
    lines.push(line);
    input.tell(line);
  };
  input.ready();
  const account = await watch({...input, cluster, tell});
  if (account === undefined) return;
  await writeMetrics(cluster, {tell: input.tell});
  const record = await readRecord(input.recordPath);
  const outcome = account.result === 'done' ? 'was put back' : 'could NOT be put back';
  const subject = `mha-helper: abandoned switch of cluster ${name} ${outcome}`;
  const who = `${record?.head.oldMaster} to ${record?.head.newMaster} (failover ${record?.head.id})`;
  const advice = account.result === 'done' ? '' : `\nRun: mha-helper recover ${name}\n`;
  const body = `MHA went away between the stop and the start phase of the switch from ${who}.\nIt ${outcome}.\n${advice}\n${lines.join('\n')}\n`;
  const [{deliver}, {makeNotice}] = await Promise.all([
    import('../report/deliver.ts'), // the guard's start must not cost the switch
    import('../report/notice.ts'),
  ]);
  const notice = makeNotice({
    event: 'abandoned_switch',
    result: account.result === 'done' ? 'put_back' : 'not_put_back',
    cluster: name,
    failover: record?.head.id,
    oldMaster: record?.head.oldMaster ?? '',
    newMaster: record?.head.newMaster,
    subject,
    body,
    account: undefined,
  });
  await deliver({settings: cluster, section: undefined, config: cluster.report, notice, tell: input.tell});
};
