import type {FailoverHead} from '../record/entry.ts';
import type {FailoverRecord} from '../record/record-file.ts';
import {selectVip} from '../vip/select.ts';
import {keyOf} from './cluster-facts.ts';
import type {Move} from './move.ts';
import {knowledgeOf, type StartKnowledge} from './online.ts';
import type {PhaseEnd, StartFacts, StartInput} from './phase.ts';
import type {Plan} from './plan.ts';
import {beginFailover, runRecorded} from './recorded-run.ts';
import {highestEpoch} from './survey.ts';

export interface StartPhase {
  readonly kind: FailoverHead['kind'];
  readonly planOf: (move: Move, known: StartKnowledge) => Plan;
  /** The newest record, if this start goes on with its failover. */
  readonly continues: (record: FailoverRecord | undefined, input: StartInput) => FailoverRecord | undefined;
}

/** A start phase, for a caller that holds the cluster's lock. */
export const startAlone = async (
  {kind, planOf, continues}: StartPhase,
  input: StartInput,
  {survey, current}: StartFacts,
): Promise<PhaseEnd> => {
  const {cluster, oldMaster, newMaster} = input;
  const vip = selectVip(cluster.vip);
  const continued = continues(current.record, input);
  const epoch = Math.max(current.epoch, highestEpoch(survey, cluster.name)) + 1;
  const head = {kind, oldMaster: keyOf(oldMaster), newMaster: keyOf(newMaster), epoch};
  const record = continued ?? (await beginFailover(input, head));
  const plan = planOf({cluster, oldMaster, newMaster, vip, survey}, knowledgeOf(continued));
  const account = await runRecorded(plan, record, {...input, survey});
  return {...account, failoverId: record.head.id, oldMaster: undefined};
};
