import type {ClusterConfig} from '../config/cluster-config.ts';
import {appendEntry, type FailoverRecord} from '../record/record-file.ts';
import {selectVip} from '../vip/select.ts';
import {type HalfDone, readCurrent, whatIsHalfDone} from './half-done.ts';
import {healStop, partiesOf, reasonsNotToHeal, surveyForHealing} from './heal.ts';
import type {Move} from './move.ts';
import {giveWrites, knowledgeOf} from './online.ts';
import type {Parties} from './parties.ts';
import {alone, type PhaseInput, recovery} from './phase.ts';
import type {Plan} from './plan.ts';
import {startProblems} from './preflight-start.ts';
import {runRecorded} from './recorded-run.ts';
import type {PhaseAccount} from './run-plan.ts';
import {preflightStart} from './steps/preflight.ts';
import {highestEpoch} from './survey.ts';

/** What the newest failover of a cluster left half done. */
export interface Unfinished {
  readonly record: FailoverRecord;
  readonly state: Exclude<HalfDone, 'nothing'>;
}

export const findUnfinished = async (cluster: ClusterConfig): Promise<Unfinished | undefined> => {
  const {record} = await readCurrent(cluster.stateDir, cluster.name);
  if (record === undefined) return undefined;
  const state = whatIsHalfDone(record);
  return state === 'nothing' ? undefined : {record, state};
};

export interface RecoverInput extends Omit<PhaseInput, 'oldMaster'> {
  readonly parties: Parties;
  /** The states that may be acted on: the guard takes back an abandoned stop, only a person finishes a start. */
  readonly states: readonly HalfDone[];
  /** Is this failover the caller's to act on? A guard leaves one to the guard that watches it. */
  readonly isOurs?: (record: FailoverRecord) => Promise<boolean>;
}

/**
 * Puts back a stop that nobody continued, or finishes a start that was begun. Undefined: nothing is half done, or not
 * in a state that the caller may act on. The record is read again once nobody else works on the cluster.
 */
export const recoverCluster = (input: RecoverInput): Promise<PhaseAccount | undefined> =>
  alone(input, recovery, async () => {
    const {cluster, parties} = input;
    const unfinished = await findUnfinished(cluster);
    if (unfinished === undefined || !input.states.includes(unfinished.state)) return undefined;
    if ((await input.isOurs?.(unfinished.record)) === false) return undefined;
    const {move, plan} = await assessUnfinished(unfinished, cluster, parties);
    const {survey, oldMaster} = move;
    if (highestEpoch(survey, cluster.name) > unfinished.record.head.epoch) return closeSuperseded(unfinished, input);
    return runRecorded(plan, unfinished.record, {...input, survey, oldMaster});
  });

/** A newer failover has decided anew what every host should be: there is nothing left to put back, now or later. */
const closeSuperseded = async ({record}: Unfinished, {tell}: Pick<RecoverInput, 'tell'>): Promise<undefined> => {
  tell(`mha-helper: failover ${record.head.id} is left as it is: a newer failover of the cluster has been here`);
  const end = {type: 'end', phase: 'recover', result: 'done', notPutBack: []} as const;
  await appendEntry(record.path, {...end, atMs: Date.now()});
};

/** How a half-done failover stands now, and what would be done about it. */
export interface Assessment {
  readonly move: Move;
  readonly plan: Plan;
  /** Why that would not be safe now; the plan refuses for the same reasons. */
  readonly reasons: readonly string[];
}

/** Asks all hosts. Changes nothing. Throws ConfigInvalid when a host of the failover is gone from the configuration. */
export const assessUnfinished = async (
  {record, state}: Unfinished,
  cluster: ClusterConfig,
  parties: Parties,
): Promise<Assessment> => {
  const masters = partiesOf(record, cluster, parties);
  const survey = await surveyForHealing(masters, cluster, parties);
  const move: Move = {...masters, cluster, survey, vip: selectVip(cluster.vip)};
  if (state === 'stopped') return {move, plan: healStop(move, record), reasons: reasonsNotToHeal(move, record)};
  const {problems} = startProblems(move, knowledgeOf(record));
  return {move, plan: finishStart(move, record), reasons: problems};
};

/** A start that was begun and broke: everything of it is idempotent, so it is done again. */
const finishStart = (move: Move, record: FailoverRecord): Plan => ({
  name: 'online start',
  onFailure: 'undo',
  steps: [preflightStart(move, knowledgeOf(record)), ...giveWrites(move, knowledgeOf(record))],
});
