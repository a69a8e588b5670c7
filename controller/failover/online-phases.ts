import type {Entry, FencingKnowledge} from '../record/entry.ts';
import {appendEntries, type FailoverRecord} from '../record/record-file.ts';
import type {VipProvider} from '../vip/provider.ts';
import {selectVip} from '../vip/select.ts';
import {keyOf} from './cluster-facts.ts';
import {openedOperations, readCurrent, whatIsHalfDone} from './half-done.ts';
import {type Move, nameOf} from './move.ts';
import {knowledgeOf, onlineStart, onlineStop} from './online.ts';
import {pastOrphans} from './past-orphans.ts';
import {alone, type PhaseEnd, type StartFacts, type StartInput, type StartQuestion} from './phase.ts';
import {beginFailover, runRecorded} from './recorded-run.ts';
import {startAlone} from './start-alone.ts';
import type {StartGuard} from './steps/start-guard.ts';
import type {Legacy} from './steps/take-over.ts';
import {highestEpoch, instanceOf, reportOf, type Survey, takeSurvey} from './survey.ts';
import {askWhoAnswers} from './who-answers.ts';

export interface OnlineInput extends StartInput {
  /** Starts the guard of a stop phase for this record. */
  readonly startGuard: (recordPath: string) => ReturnType<StartGuard>;
}

/** How long the hosts of the switch may take to tell their state, and how long hosts that only look on. */
const partyMs = 5000;
const onlookerMs = 1500;

/** MHA's online `stop`: takes writes and the VIP from the old master, or leaves everything as it was. */
export const runOnlineStop = (input: OnlineInput): Promise<PhaseEnd> =>
  alone(input, 'online stop', async () => {
    const {cluster, oldMaster, newMaster} = input;
    const vip = selectVip(cluster.vip);
    const answering = askWhoAnswers(newMaster, vip);
    const [current, survey] = await Promise.all([readCurrent(cluster.stateDir, cluster.name), askAll(input, vip)]);
    const epoch = Math.max(current.epoch, highestEpoch(survey, cluster.name)) + 1;
    const record = await beginFailover(input, {
      kind: 'online',
      oldMaster: keyOf(oldMaster),
      newMaster: keyOf(newMaster),
      epoch,
    });
    const move: Move = {cluster, oldMaster, newMaster, vip, survey};
    const legacy = findLegacy(current.record, move);
    const known = knowledgeOf(legacy?.record);
    if (legacy !== undefined)
      await appendEntries(record.path, [
        {type: 'takes_over', ...legacy.left},
        {type: 'event_scheduler', wasOn: known.startEventScheduler},
      ]);
    const startGuard = () => input.startGuard(record.path);
    const plan = onlineStop(move, {answering, startGuard, legacy});
    const seen = seenReleased(move);
    // Where this goes on with another stop, that one has found the events running, and stopped them.
    const wasOn = known.startEventScheduler || schedulerIsOn(move);
    const leftWhenDone: readonly Entry[] = [
      {type: 'old_master', ...seen},
      {type: 'event_scheduler', wasOn},
    ];
    const account = await runRecorded(plan, record, {
      ...{...input, survey},
      leaves: ({result}) => (result === 'done' ? leftWhenDone : []),
    });
    return {...account, failoverId: record.head.id, oldMaster: account.result === 'done' ? seen : undefined};
  });

/** MHA's online `start`: gives writes and the VIP to the new master. */
export const runOnlineStart = (input: StartInput): Promise<PhaseEnd> =>
  alone(input, 'online start', async () => startOnlineAlone(input, await gatherOnlineFacts(input)));

export const gatherOnlineFacts = async (question: StartQuestion): Promise<StartFacts> => {
  const {stateDir, name} = question.cluster;
  const [survey, current] = await Promise.all([surveyMasters(question), readCurrent(stateDir, name)]);
  return {survey, current};
};

/** The same for a caller that holds the cluster's lock. */
export const startOnlineAlone = (input: StartInput, facts: StartFacts): Promise<PhaseEnd> =>
  startAlone({kind: 'online', planOf: onlineStart, continues}, input, facts);

/** What both masters say, for a start. */
const surveyMasters = (question: StartQuestion): Promise<Survey> => {
  const {cluster, oldMaster, newMaster} = question;
  const vip = selectVip(cluster.vip);
  const targets = [
    {...oldMaster, deadlineMs: partyMs},
    {...newMaster, deadlineMs: partyMs, expectedVips: vip.addressesOn(newMaster.config)},
  ];
  return pastOrphans(question, () => takeSurvey(targets, {cidrs: vip.cidrs, cloud: vip.cloud, brief: true}));
};

type Asked = Pick<OnlineInput, 'parties' | 'oldMaster' | 'newMaster'>;

/** What the preflight of a stop rests on: everything both masters know, and where else the VIP may be. */
export const surveyAll = async (asked: Asked, vip: VipProvider): Promise<Survey> => {
  const [survey, answeringMacs] = await Promise.all([askAll(asked, vip), askWhoAnswers(asked.newMaster, vip)]);
  return {...survey, answeringMacs};
};

/** The same without asking the link, which takes longer than all the rest. */
const askAll = ({parties, oldMaster, newMaster}: Asked, vip: VipProvider): Promise<Survey> => {
  const masters = [oldMaster, newMaster];
  const onlookers = parties.all().filter(party => !masters.some(master => master.config.name === party.config.name));
  const targets = [
    ...masters.map(party => ({...party, deadlineMs: partyMs})),
    ...onlookers.map(party => ({...party, deadlineMs: onlookerMs})),
  ];
  return takeSurvey(targets, {cidrs: vip.cidrs, cloud: vip.cloud, brief: false});
};

/** A switch of the same old master that nobody has put back or finished, and no other manager has decided since. */
const findLegacy = (record: FailoverRecord | undefined, {oldMaster, survey, cluster}: Move): Legacy | undefined => {
  if (record?.head.kind !== 'online' || record.head.oldMaster !== keyOf(oldMaster)) return undefined;
  const state = whatIsHalfDone(record);
  if (state === 'nothing' || highestEpoch(survey, cluster.name) > record.head.epoch) return undefined;
  // What a begun start has left is not to be put back: the new master may have taken writes.
  const operations = state === 'stopped' ? openedOperations(record) : [];
  return {record, left: {failover: record.head.id, state, operations}};
};

/** The newest record, if it is this switch and its stop phase is done. */
const continues = (
  record: FailoverRecord | undefined,
  {oldMaster, newMaster}: StartInput,
): FailoverRecord | undefined => {
  if (record?.head.kind !== 'online') return undefined;
  const isSame = record.head.oldMaster === keyOf(oldMaster) && record.head.newMaster === keyOf(newMaster);
  return isSame && whatIsHalfDone(record) !== 'nothing' ? record : undefined;
};

const schedulerIsOn = ({oldMaster, survey}: Move): boolean =>
  instanceOf(reportOf(survey, oldMaster.config))?.eventScheduler === 'ON';

const seenReleased = ({oldMaster, vip}: Move): FencingKnowledge => {
  const vipIsGone = vip.cidrs.length > 0 || vip.cloud !== undefined ? ` and without ${vip.name}` : '';
  const because = `${nameOf(oldMaster)} was seen read-only${vipIsGone} when its demotion was made final`;
  return {fencing: 'released', because};
};
