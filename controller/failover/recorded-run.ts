import {hostname, userInfo} from 'node:os';
import {setImmediate as afterThisTurn} from 'node:timers/promises';
import {noFaults} from '../../proto/fault-points.ts';
import {packageVersion} from '../../proto/version.ts';
import type {Entry, FailoverHead} from '../record/entry.ts';
import {fromStateDir, StateDirSilent} from '../record/from-state-dir.ts';
import {appendEntries, createRecord, type FailoverRecord} from '../record/record-file.ts';
import {keyOf} from './cluster-facts.ts';
import type {PhaseInput} from './phase.ts';
import type {Plan} from './plan.ts';
import {FailoverRun} from './run.ts';
import {type PhaseAccount, runPlan} from './run-plan.ts';
import {sayBegin, sayEnd, sayStep} from './say.ts';
import {instanceOf, type Survey} from './survey.ts';

/** Begins a new failover: its number is higher than any that an agent or a record has seen. */
export const beginFailover = (
  {cluster}: Pick<PhaseInput, 'cluster'>,
  head: Pick<FailoverHead, 'kind' | 'oldMaster' | 'newMaster' | 'epoch'>,
): Promise<FailoverRecord> =>
  createRecord(cluster.stateDir, {
    ...head,
    id: `${cluster.name}-${head.epoch}`,
    cluster: cluster.name,
    startedMs: Date.now(),
    version: packageVersion,
    by: `${userName()}@${hostname()}`,
  });

type RecordedInput = Pick<PhaseInput, 'cluster' | 'deadline' | 'tell'> &
  Partial<PhaseInput> & {
    /** How the hosts stood before the first step. */
    readonly survey: Survey;
    /** What whoever goes on with this must know: on disk before the end, and with the same flush. */
    readonly leaves?: (account: PhaseAccount) => readonly Entry[];
  };

/** Runs a plan as a phase of this failover: every step is told, and on disk, before the next begins. */
export const runRecorded = async (plan: Plan, record: FailoverRecord, input: RecordedInput): Promise<PhaseAccount> => {
  const {cluster, deadline, tell} = input;
  const {head, path} = record;
  const writes = new RecordWriter(path, tell);
  const run = new FailoverRun({
    cluster: cluster.name,
    epoch: head.epoch,
    purpose: plan.name,
    agentsKeep: plan.agentsKeep,
    deadline,
    tell,
    faultPoint: input.faultPoint ?? noFaults,
    record: entry => writes.add(entry),
    recorded: () => (canBeUndone(plan) ? writes.written() : writes.flushed()),
  });
  tell(sayBegin(plan.name, head));
  run.states.begin(input.survey);
  writes.add(phaseEntry(plan.name, input));
  writes.add(hostsEntry(input.survey));
  const begin = performance.now();
  const account = await runPlan(plan, run, step => {
    for (const line of sayStep(step)) tell(line);
    writes.add({type: 'step', atMs: Date.now(), ...step});
  });
  for (const entry of input.leaves?.(account) ?? []) writes.add(entry);
  writes.add(endEntry(plan.name, account, input));
  await writes.flushed();
  for (const line of sayEnd(plan, account, performance.now() - begin)) tell(line);
  return account;
};

/** Where everything can still be put back, nothing is done that whoever comes after a crash would not know of. */
const canBeUndone = ({onFailure, steps}: Plan): boolean =>
  onFailure === 'undo' && !steps.some(step => step.isPointOfNoReturn);

export const phaseEntry = (phase: string, {beganMs}: Partial<PhaseInput>): Entry => ({
  ...{type: 'phase', phase, pid: process.pid, atMs: Date.now()},
  ...(beganMs === undefined ? {} : {beganMs: Math.round(beganMs)}),
});

export const endEntry = (
  phase: string,
  {result, notPutBack}: Pick<PhaseAccount, 'result' | 'notPutBack'>,
  {exitCodeOf}: Partial<PhaseInput>,
): Entry => ({
  ...{type: 'end', phase, result, notPutBack, atMs: Date.now()},
  ...(exitCodeOf === undefined ? {} : {exitCode: exitCodeOf({result})}),
});

const hostsEntry = ({hosts}: Survey): Entry => ({
  type: 'hosts',
  hosts: hosts.flatMap(report =>
    report.status === undefined
      ? []
      : [
          {
            host: keyOf(report),
            agent: report.status.agentVersion,
            server: instanceOf(report)?.version ?? '',
          },
        ],
  ),
});

/** An account without an entry in the user database still has a number. */
const userName = (): string => {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.()}`;
  }
};

/**
 * Writes in order, beside the steps: a flush must not be write downtime, and a full disk must not stop a phase that
 * has begun. What could not be written is told.
 */
export class RecordWriter {
  readonly #path: string;
  readonly #tell: (line: string) => void;
  #waiting: Entry[] = [];
  #writing: Promise<void> | undefined;
  #silent: StateDirSilent | undefined;

  constructor(path: string, tell: (line: string) => void) {
    this.#path = path;
    this.#tell = tell;
  }

  add(entry: Entry): void {
    if (this.#silent !== undefined) return;
    this.#waiting.push(entry);
    this.#writing ??= this.#write();
  }

  async flushed(): Promise<void> {
    await this.#writing;
  }

  /** The same; throws StateDirSilent where the file system hangs. */
  async written(): Promise<void> {
    await this.flushed();
    if (this.#silent !== undefined) throw this.#silent;
  }

  /** What came in the same breath, or while the disk was busy, goes there together: one flush for all of it. */
  async #write(): Promise<void> {
    await afterThisTurn();
    while (this.#waiting.length > 0 && this.#silent === undefined) {
      const entries = this.#waiting.splice(0);
      try {
        await fromStateDir(this.#path, () => appendEntries(this.#path, entries));
      } catch (error) {
        this.#tell(`    note: the failover record could not be written: ${(error as Error).message}`);
        // What was begun may still get there, so nothing must overtake it; and nobody waits a second time.
        if (error instanceof StateDirSilent) this.#silent = error;
      }
    }
    this.#writing = undefined;
  }
}
