import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {chmod, mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import type {TestContext} from 'node:test';
import {fileURLToPath} from 'node:url';
import type {Entry} from '../../../controller/record/entry.ts';
import {identifyProcess} from '../../../controller/record/process-stat.ts';
import {createRecord, listRecords, readRecord} from '../../../controller/record/record-file.ts';
import {findOffer, readOffer} from '../../../controller/starter/offer.ts';
import type {StarterInput} from '../../../controller/starter/run-starter.ts';
import {CountingAgent, Rounds} from '../../fixtures/counting-agents.ts';
import {eventually} from '../../fixtures/eventually.ts';
import {TestPki} from '../../fixtures/pki.ts';

/** The first of each is the old master. */
const clusters = {app: ['old-app', 'new-app'], shop: ['old', 'new', 'replica']} as const;

export type Cluster = keyof typeof clusters;
export type Host = (typeof clusters)[Cluster][number];

export interface Masters {
  readonly from: Host;
  readonly to: Host;
}

export interface Starter {
  readonly pid: number;
  readonly signal: (name: NodeJS.Signals) => void;
  readonly ended: () => Promise<void>;
}

export interface MhaWithStarters {
  /** One more, as one more stop of the cluster leaves it. Answers when it watches MHA. */
  startStarter(cluster: Cluster): Promise<Starter>;
  /** MHA runs the hook of a start, which does nothing, perhaps through another program. Answers, when it is there, its end. */
  runHook(masters: Masters, through?: string): Promise<() => void>;
  /** The processes that have begun a start of the cluster. */
  startsOf(cluster: Cluster): Promise<readonly number[]>;
  /** Waits until one is at its end. */
  started(cluster: Cluster): Promise<void>;
  /** The starter that a hook would ask. */
  foundFor(cluster: Cluster): Promise<number | undefined>;
  /** By its agent's word. */
  isMaster(host: Host): boolean;
}

/** Clusters after a hard stop, agents that do whatever they are told, and an MHA. Starters are real processes. */
export const mhaWithStarters = async (t: TestContext): Promise<MhaWithStarters> => {
  const places = await makePlaces();
  const {configDirectory, stateDir, hook} = places;
  const rounds = new AtOnce();
  const {agents, close} = await startAgents(rounds, places);
  for (const cluster of Object.keys(clusters) as Cluster[]) await recordStop(stateDir, cluster);
  const mha = spawn('sh', ['-c', mhaLike], {stdio: ['pipe', 'pipe', 'ignore'], detached: true});
  const said = createInterface(mha.stdout);
  const starters: ChildProcess[] = [];
  t.after(async () => {
    process.kill(-(mha.pid ?? 0), 'SIGKILL');
    for (const starter of starters) starter.kill('SIGKILL');
    await close();
    await rm(places.directory, {recursive: true});
  });
  const entriesOf = async (cluster: Cluster): Promise<readonly Entry[]> => {
    const records = await Promise.all((await listRecords(stateDir, cluster)).map(readRecord));
    return records.flatMap(record => record?.entries ?? []);
  };

  return {
    startStarter: async cluster => {
      const before = rounds.asked;
      const starter = spawnStarter(cluster, places, mha.pid ?? 0);
      starters.push(starter);
      const isOffered = async () => (await readOffer(join(stateDir, cluster)))?.pid === starter.pid;
      // as soon as it watches it connects to the agents
      await eventually('a starter that waits', async () => rounds.asked > before && (await isOffered()), 30_000);
      const hasEnded = async () => starter.exitCode !== null || starter.signalCode !== null;
      const ended = () => eventually('the end of a starter', hasEnded);
      return {pid: starter.pid ?? 0, signal: name => void starter.kill(name), ended};
    },
    runHook: async (masters, through = '') => {
      mha.stdin.write(`${through} ${hook} ${argumentsOf(masters).join(' ')}\n`);
      const [pid] = await once(said, 'line', {signal: AbortSignal.timeout(10_000)});
      return () => void process.kill(Number(pid), 'SIGKILL');
    },
    startsOf: async cluster => {
      const phases = (await entriesOf(cluster)).filter(entry => entry.type === 'phase');
      return phases.filter(({phase}) => phase === 'hard start').map(({pid}) => pid);
    },
    started: cluster => {
      const isEnd = (entry: Entry) => entry.type === 'end' && entry.phase === 'hard start';
      return eventually('the end of a start', async () => (await entriesOf(cluster)).some(isEnd));
    },
    foundFor: async cluster => {
      const oldMaster = `${clusters[cluster][0]}:3306`;
      return (await findOffer({configDirectory, hook: 'failover', oldMaster, newMaster: 'any:3306'}))?.pid;
    },
    isMaster: host => agents.find(agent => agent.host === host)?.isMaster === true,
  };
};

/** Runs each line that it is given, as MHA runs a hook: through `sh -c`. */
const mhaLike = 'while read -r line; do sh -c "$line" & done; wait';

/** Nobody waits for what these agents do. */
class AtOnce extends Rounds {
  asked = 0;

  override hold(answer: () => void): void {
    this.asked++;
    answer();
  }
}

interface Places {
  readonly directory: string;
  readonly configDirectory: string;
  readonly stateDir: string;
  /** The file that MHA runs. */
  readonly hook: string;
}

const makePlaces = async (): Promise<Places> => {
  const directory = await mkdtemp(join(tmpdir(), 'mha-helper-starters-'));
  await chmod(directory, 0o755); // for a hook of another account
  const hook = join(directory, 'hook');
  await writeFile(hook, '#!/usr/bin/env -S -u NODE_OPTIONS sh\necho $$\nsleep 60\n', {mode: 0o755});
  const configDirectory = join(directory, 'config');
  await mkdir(configDirectory);
  return {directory, configDirectory, stateDir: join(directory, 'state'), hook};
};

const program = fileURLToPath(new URL('../../../controller/bin/starter.ts', import.meta.url));

const spawnStarter = (cluster: Cluster, {configDirectory, hook}: Places, mha: number): ChildProcess => {
  const input: StarterInput = {
    ...{configDirectory, hook: 'failover', command: ['sh', hook], newMaster: undefined},
    oldMaster: {host: clusters[cluster][0], port: 3306, ip: undefined, user: undefined},
    stop: {pid: process.pid, startTime: 'of an earlier process'},
    mha: identifyProcess(mha),
  };
  return spawn(process.execPath, ['--import', 'tsx', program, JSON.stringify(input)], {stdio: 'ignore'});
};

const startAgents = async (rounds: Rounds, {configDirectory, stateDir}: Places) => {
  const pki = await TestPki.create(...Object.values(clusters).flat());
  const {ca, certificate, key} = pki.controller;
  const common = [
    ...['[default]', 'vip_type = none', `state_dir = ${stateDir}`],
    ...[`tls_ca = ${ca}`, `tls_cert = ${certificate}`, `tls_key = ${key}`],
    'report_email = old@example.com', // who only searches the files finds the one's old master in the other's as well
  ];
  const agents: CountingAgent[] = [];
  for (const [cluster, hosts] of Object.entries(clusters)) {
    const sections = hosts.map(async (host, index) => {
      const agent = new CountingAgent(host, {rounds, cidr: '', isMaster: index === 0});
      agents.push(agent);
      return `[${host}]\nagent_address = 127.0.0.1\nagent_port = ${await agent.listen(pki)}`;
    });
    const lines = [...common, ...(await Promise.all(sections))];
    await writeFile(join(configDirectory, `${cluster}.conf`), `${lines.join('\n')}\n`);
  }
  const close = async (): Promise<void> => {
    for (const agent of agents) agent.close();
    await pki[Symbol.asyncDispose]();
  };
  return {agents, close};
};

const recordStop = (stateDir: string, cluster: Cluster) =>
  createRecord(stateDir, {
    ...{id: `${cluster}-1`, cluster, kind: 'hard', epoch: 1, startedMs: 0, version: '', by: ''},
    ...{oldMaster: `${clusters[cluster][0]}:3306`, newMaster: undefined},
  });

const argumentsOf = ({from, to}: Masters): readonly string[] => [
  '--command=start',
  ...Object.entries({orig: from, new: to}).flatMap(([which, host]) => [
    `--${which}_master_host=${host}`,
    `--${which}_master_ip=192.0.2.1`,
    `--${which}_master_port=3306`,
  ]),
];
