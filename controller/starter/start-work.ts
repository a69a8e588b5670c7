import type {Party} from '../failover/move.ts';
import {alone, type StartInput} from '../failover/phase.ts';
import {exitCodeOf} from '../hook/exit-codes.ts';
import {leaveMetrics} from '../hook/leave-metrics.ts';
import {type MhaInstance, parseHookArguments} from '../hook/parse-arguments.ts';
import {undoReserveMs} from '../hook/prepare.ts';
import {runHook} from '../hook/run-hook.ts';
import type {ProcessIdentity} from '../record/entry.ts';
import type {Asking} from './ask-ahead.ts';
import type {Prepared, StarterMeans} from './run-starter.ts';
import {kindOf} from './start-kinds.ts';

/** A start phase that is wanted of us. */
export interface Wanted {
  readonly newParty: Party;
  /** What was ignored of the arguments, for MHA's log. */
  readonly notes: readonly string[];
  readonly beganMs: number;
}

/** Undefined: not for us, or not as a hook would do it now. */
export const readWanted = (
  {argv, beganMs}: {readonly argv: readonly string[]; readonly beganMs: number},
  prepared: Prepared,
): Wanted | undefined => {
  try {
    if (!prepared.isCurrent()) return undefined;
    const args = parseHookArguments(prepared.hook, argv);
    if (args.command !== 'start' || !isSame(args.oldMaster, prepared.oldMaster)) return undefined;
    const {newMaster, notes} = args;
    if (prepared.newMaster !== undefined && !isSame(newMaster, prepared.newMaster)) return undefined;
    return {newParty: prepared.partyOf(newMaster), notes, beganMs};
  } catch {
    return undefined; // the hook says what is wrong with its arguments
  }
};

const isSame = (one: MhaInstance, other: MhaInstance): boolean => one.host === other.host && one.port === other.port;

export interface StartWork {
  readonly prepared: Prepared;
  readonly means: StarterMeans;
  readonly asking: Asking;
  /** The hook, where it does not know of us yet: should it want to do the work itself, it may end us first. */
  readonly servesUnasked?: ProcessIdentity;
  readonly tell: (line: string) => void;
  /** The cluster's lock is held and all have answered; false: it is not to be. */
  readonly mayBegin: () => Promise<boolean>;
}

/** One start phase. Answers its exit code; undefined: nothing was done. */
export const work = async (wanted: Wanted, startWork: StartWork): Promise<number | undefined> => {
  const {prepared, means, asking, tell, mayBegin, servesUnasked} = startWork;
  const kind = kindOf(prepared);
  const input = inputOf(wanted, startWork);
  const askedAhead = asking.of(wanted.newParty);
  const claim = alone({...input, servesUnasked, seenFree: askedAhead.free}, kind.phase, async lock => {
    const facts = await askedAhead.facts(lock);
    // Who does not answer here may answer a hook that connects anew; and only a hook weighs the silence of an old master.
    if (facts.survey.hosts.some(({error}) => error !== undefined)) return undefined;
    if (!(await mayBegin())) return undefined;
    for (const note of [...wanted.notes, ...prepared.notes]) tell(`note: ${note}`);
    const act = async () => {
      const end = await kind.start(input, facts);
      await leaveMetrics(input.cluster, {startMetrics: means.startMetrics, tell});
      return exitCodeOf(end);
    };
    const exitCode = await runHook(kind.program, act, tell);
    lock.leave(exitCode);
    return exitCode;
  });
  return claim.catch(() => undefined); // another holds the lock: the hook says who
};

const inputOf = ({newParty, beganMs}: Wanted, {prepared, means, tell}: StartWork): StartInput => {
  const {cluster, parties, oldParty: oldMaster} = prepared;
  const leftMs = cluster.hookTimeoutMs - Math.max(0, Date.now() - beganMs);
  setTimeout(() => means.exit(1), leftMs + undoReserveMs).unref(); // the last resort behind every deadline, as in a hook
  const deadline = performance.now() + leftMs;
  const {faultPoint} = means;
  return {cluster, parties, oldMaster, newMaster: newParty, deadline, beganMs, exitCodeOf, tell, faultPoint};
};
