import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {TestContext} from 'node:test';
import {runProgram} from '../../../../controller/command/program.ts';
import type {Entry, FailoverHead} from '../../../../controller/record/entry.ts';
import {appendEntry, createRecord} from '../../../../controller/record/record-file.ts';

export interface Answer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface RecordedCluster {
  readonly stateDir: string;
  /** `mha-helper` over the cluster files, on an 80-column ASCII terminal unless told otherwise. */
  run(...argv: readonly string[]): Promise<Answer>;
  /** A record as the controller writes it. Answers its path. */
  write(head: Partial<FailoverHead>, entries: readonly Entry[]): Promise<string>;
}

/** Clusters of db1 and db2 whose failovers are in a state directory of their own. Their agents are nowhere. */
export const recordedCluster = async (
  t: TestContext,
  {clusters = ['lab'], hasUnicode = false}: {readonly clusters?: readonly string[]; readonly hasUnicode?: boolean} = {},
): Promise<RecordedCluster> => {
  const directory = await mkdtemp(join(tmpdir(), 'mha-helper-records-'));
  t.after(() => rm(directory, {recursive: true, force: true}));
  const stateDir = join(directory, 'state');
  for (const [index, name] of clusters.entries())
    await writeFile(join(directory, `${name}.conf`), clusterFile(directory, index));
  return {
    stateDir,
    run: async (...argv) => {
      const [out, err]: [string[], string[]] = [[], []];
      const code = await runProgram(argv, {
        configDirectory: directory,
        tell: line => void out.push(line),
        tellPaged: async lines => void out.push(...lines),
        complain: line => void err.push(line),
        terminal: {columns: 80, isPiped: true, hasColours: false, hasUnicode},
      });
      return {code, out: out.join('\n'), err: err.join('\n')};
    },
    write: async (head, entries) => {
      const whole = {...headOf(head.cluster ?? clusters[0] ?? 'lab', head.epoch ?? 1), ...head};
      const {path} = await createRecord(stateDir, whole);
      for (const entry of entries) await appendEntry(path, entry);
      return path;
    },
  };
};

/** When the failovers of the tests began. */
export const beganMs = new Date(2026, 10, 23, 4, 18, 9).getTime();

const headOf = (cluster: string, epoch: number): FailoverHead => ({
  id: `${cluster}-${epoch}`,
  cluster,
  epoch,
  kind: 'online',
  oldMaster: 'db1:3306',
  newMaster: 'db2:3306',
  startedMs: beganMs + epoch * 60_000,
  version: '1.0.0',
  by: 'root@mgr',
});

const clusterFile = (directory: string, index: number) => `[default]
vip_type = metal
writer_vip_cidr = 10.77.0.${100 + index}/24
cluster_interface = eth0
tls_ca = ${directory}/pki/ca.crt
tls_cert = ${directory}/pki/controller.crt
tls_key = ${directory}/pki/controller.key
state_dir = ${directory}/state
[db${2 * index + 1}]
agent_address = 127.0.0.1
agent_port = 1
[db${2 * index + 2}]
agent_address = 127.0.0.1
agent_port = 1
`;
