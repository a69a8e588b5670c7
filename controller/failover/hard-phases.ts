import {setTimeout} from 'node:timers/promises';
import {AgentUnreachable} from '../agents/errors.ts';
import type {FencingKnowledge, PhaseResult} from '../record/entry.ts';
import type {FailoverRecord} from '../record/record-file.ts';
import type {VipProvider} from '../vip/provider.ts';
import {selectVip} from '../vip/select.ts';
import {keyOf} from './cluster-facts.ts';
import {readCurrent} from './half-done.ts';
import {hardRevoke, hardStart, hardStop} from './hard.ts';
import {nameOf} from './move.ts';
import {knowledgeOf} from './online.ts';
import {pastOrphans} from './past-orphans.ts';
import {
  aloneSoon,
  type PhaseEnd,
  type PhaseInput,
  type StartFacts,
  type StartInput,
  type StartQuestion,
} from './phase.ts';
import {beginFailover, endEntry, phaseEntry, RecordWriter, runRecorded} from './recorded-run.ts';
import type {PhaseAccount} from './run-plan.ts';
import {startAlone} from './start-alone.ts';
import {madeFinal} from './steps/commit.ts';
import {highestEpoch, instanceOf, reportOf, type Survey, takeSurvey} from './survey.ts';

/** How long the agent of a dead master is waited for: a restarted agent is back within a second or two. */
const retryWindowMs = 3000;
/** Where the host itself says that nobody listens, it lives, and so may its mysqld: nobody else can take writes from it. */
const livingWindowMs = 6000;
/** More than an agent takes to find that its mysqld hangs (2 s): else it would count as silent itself and keep the VIP. */
const askMs = 3000;
const pauseMs = 250;

/** MHA's hard `stop` and `stopssh`: takes the VIP, and writes, from a master that was found dead. */
export const runHardStop = (input: PhaseInput): Promise<PhaseEnd> =>
  aloneSoon(input, 'hard stop', async () => {
    const {cluster, oldMaster} = input;
    const vip = selectVip(cluster.vip);
    await vip.cloud?.prepare?.();
    const [newest, survey] = await Promise.all([readCurrent(cluster.stateDir, cluster.name), askOldMaster(input)]);
    const epoch = Math.max(newest.epoch, highestEpoch(survey, cluster.name)) + 1;
    const record = await beginFailover(input, {kind: 'hard', oldMaster: keyOf(oldMaster), newMaster: undefined, epoch});
    const report = reportOf(survey, oldMaster.config);
    if (report.error !== undefined) return revokeOrUnknown(report.error, {vip, record, survey}, input);
    const instance = instanceOf(report);
    const stop = (found: Survey): Promise<PhaseAccount> => {
      const mysqldAnswers = instanceOf(reportOf(found, oldMaster.config))?.reachable === true;
      return runRecorded(hardStop({oldMaster, vip, cluster}, {mysqldAnswers}), record, {...input, survey: found});
    };
    const first = await stop(survey);
    const account = wasLost(first, input) ? await stopAgain(stop, first, input) : first;
    const known = judgeOldMaster(account, input);
    // Where this is the second stop of a failover, the first has found the events running, and stopped them.
    const {startEventScheduler} = knowledgeOf(continues(newest.record, input));
    const schedulerWasOn = startEventScheduler || instance?.eventScheduler === 'ON';
    await keepKnowledge(record, input, {known, schedulerWasOn});
    return {...account, failoverId: record.head.id, oldMaster: known};
  });

/** MHA's hard `start`: gives writes and the VIP to the new master, which has applied all logs. */
export const runHardStart = (input: StartInput): Promise<PhaseEnd> =>
  aloneSoon(input, 'hard start', async () => {
    await selectVip(input.cluster.vip).cloud?.prepare?.();
    return startHardAlone(input, await gatherHardFacts(input));
  });

export const gatherHardFacts = async (question: StartQuestion): Promise<StartFacts> => {
  const {cluster, newMaster} = question;
  const expectedVips = selectVip(cluster.vip).addressesOn(newMaster.config);
  const ask = () => takeSurvey([{...newMaster, deadlineMs: askMs, expectedVips}], {cidrs: [], brief: true});
  const [current, survey] = await Promise.all([
    readCurrent(cluster.stateDir, cluster.name),
    pastOrphans(question, ask),
  ]);
  return {survey, current};
};

/** The same for a caller that holds the cluster's lock. */
export const startHardAlone = (input: StartInput, facts: StartFacts): Promise<PhaseEnd> =>
  startAlone({kind: 'hard', planOf: hardStart, continues}, input, facts);

/**
 * An agent that dies before the commit has not done everything, and MHA goes on to the new master: then two could be written
 * to. So what is not final is done again, once, while there is time for it.
 */
const wasLost = ({steps}: PhaseAccount, {deadline}: PhaseInput): boolean =>
  steps.some(({result}) => result === 'failed') && !isFinal(steps) && performance.now() + retryWindowMs < deadline;

const isFinal = (steps: PhaseAccount['steps']): boolean =>
  steps.some(({step, result, did}) => step === 'commit' && result === 'ok' && did === madeFinal);

const stopAgain = async (
  stop: (survey: Survey) => Promise<PhaseAccount>,
  first: PhaseAccount,
  input: PhaseInput,
): Promise<PhaseAccount> => {
  const name = nameOf(input.oldMaster);
  input.tell(`    ${name}: its agent was lost before this was final; once more`);
  const survey = await askOldMaster(input);
  return reportOf(survey, input.oldMaster.config).error === undefined ? stop(survey) : first;
};

const askOldMaster = (input: PhaseInput): Promise<Survey> => pastOrphans(input, () => reachOldMaster(input));

const reachOldMaster = async ({cluster, oldMaster, tell, deadline}: PhaseInput): Promise<Survey> => {
  const begunMs = performance.now();
  let until = begunMs + retryWindowMs;
  const {cidrs} = selectVip(cluster.vip);
  for (;;) {
    const deadlineMs = Math.max(pauseMs, Math.min(askMs, Math.min(until, deadline) - performance.now()));
    const survey = await takeSurvey([{...oldMaster, deadlineMs}], {cidrs, brief: true});
    const {error} = reportOf(survey, oldMaster.config);
    if (error === undefined) return survey;
    if (error instanceof AgentUnreachable && error.why === 'refused') until = begunMs + livingWindowMs;
    if (performance.now() + pauseMs > Math.min(until, deadline)) return survey;
    tell(`    ${oldMaster.config.name}: ${error.message}; asking again`);
    await setTimeout(pauseMs);
  }
};

/** Second rung: what no agent can release, an API revokes; the host needs not be reached for that. */
const revokeOrUnknown = async (
  error: Error,
  {vip, record, survey}: {readonly vip: VipProvider; readonly record: FailoverRecord; readonly survey: Survey},
  input: PhaseInput,
): Promise<PhaseEnd> => {
  if (vip.cloud === undefined) return unreachable(error, record, input);
  const {oldMaster, tell} = input;
  tell(`    ${oldMaster.config.name}: ${error.message}; asking ${vip.cloud.name} to take ${vip.name} from it`);
  const account = await runRecorded(hardRevoke(oldMaster, vip, vip.cloud), record, {...input, survey});
  const failed = account.steps.find(step => step.result === 'failed');
  if (failed !== undefined) return unreachable(new Error(`${error.message}; ${failed.did}`), record, input);
  const name = nameOf(oldMaster);
  const because = `${vip.cloud.name} took ${vip.name} from ${name} and read that back; the host itself could not be asked: ${error.message}`;
  const known = {fencing: 'released', because} as const;
  await keepKnowledge(record, input, {known, schedulerWasOn: false});
  return {...account, failoverId: record.head.id, oldMaster: known};
};

/** Nobody can say what the old master does: said as loudly as it deserves, and kept for the report. */
const unreachable = async (error: Error, record: FailoverRecord, input: PhaseInput): Promise<PhaseEnd> => {
  const {cluster, oldMaster, tell} = input;
  const known = {fencing: 'unknown', because: error.message} as const;
  const proceeds = cluster.whenNotFenced === 'proceed';
  const result = proceeds ? 'incomplete' : 'failed';
  tell(`mha-helper: hard stop of cluster ${cluster.name}, failover ${record.head.id}: ${nameOf(oldMaster)}`);
  tell(`  UNKNOWN: ${error.message}`);
  tell(`  Nobody can say whether ${nameOf(oldMaster)} still holds the VIP or takes writes.`);
  tell(
    `  when_not_fenced = ${cluster.whenNotFenced}: ${proceeds ? 'the failover goes on' : 'the failover stops here'}.`,
  );
  tell(`  Power the host off, or cut it from the network, before anyone can reach it again.`);
  await recordUnreachable(record, input, {because: error.message, result});
  await keepKnowledge(record, input, {known, schedulerWasOn: false});
  return {
    result,
    steps: [],
    notPutBack: [],
    failoverId: record.head.id,
    oldMaster: known,
  };
};

/** No plan could run, but the phase was there: the record shows it like every other. */
const recordUnreachable = async (
  {path}: FailoverRecord,
  input: PhaseInput,
  {because, result}: {readonly because: string; readonly result: PhaseResult},
): Promise<void> => {
  const writer = new RecordWriter(path, input.tell);
  const hosts = [nameOf(input.oldMaster)];
  const durationMs = Math.round(Date.now() - (input.beganMs ?? Date.now()));
  writer.add(phaseEntry('hard stop', input));
  writer.add({
    type: 'step',
    step: 'reach',
    hosts,
    result: 'failed',
    durationMs,
    did: because,
    notes: [],
    atMs: Date.now(),
  });
  writer.add(endEntry('hard stop', {result, notPutBack: []}, input));
  await writer.flushed();
};

const judgeOldMaster = ({steps}: PhaseAccount, {cluster, oldMaster}: PhaseInput): FencingKnowledge => {
  const name = nameOf(oldMaster);
  const commit = steps.find(({step}) => step === 'commit');
  if (commit?.result === 'failed')
    return {fencing: 'unknown', because: `nobody saw the end of what was done on ${name}: ${commit.did}`};
  const failed = steps.find(({result}) => result === 'failed');
  if (failed?.step === 'release VIP') return {fencing: 'unknown', because: failed.did};
  const demoted = steps.findLast(({step}) => step.startsWith('demote'))?.did ?? '';
  if (cluster.vip.type === 'none')
    return failed === undefined
      ? {fencing: 'fenced', because: `${name}: ${demoted}`}
      : {fencing: 'unknown', because: failed.did};
  const writes = failed === undefined ? demoted : `the host may still take writes: ${failed.did}`;
  const because = `its agent took the VIP off ${name} and read that back; ${writes}`;
  return {fencing: 'released', because};
};

const keepKnowledge = async (
  {path}: FailoverRecord,
  {tell}: PhaseInput,
  {known, schedulerWasOn}: {readonly known: FencingKnowledge; readonly schedulerWasOn: boolean},
): Promise<void> => {
  const writer = new RecordWriter(path, tell);
  writer.add({type: 'old_master', ...known});
  writer.add({type: 'event_scheduler', wasOn: schedulerWasOn});
  await writer.flushed();
};

/** The newest record, if its hard stop was about this old master and no start has been made of it. */
const continues = (record: FailoverRecord | undefined, {oldMaster}: PhaseInput): FailoverRecord | undefined =>
  record?.head.kind === 'hard' && record.head.oldMaster === keyOf(oldMaster) && !isStarted(record) ? record : undefined;

const isStarted = ({entries}: FailoverRecord): boolean =>
  entries.some(entry => entry.type === 'end' && entry.phase === 'hard start' && entry.result === 'done');
