import {openedOperations} from '../../failover/half-done.ts';
import {nameOf, type Party} from '../../failover/move.ts';
import type {Assessment, Unfinished} from '../../failover/recover.ts';
import type {PhaseAccount} from '../../failover/run-plan.ts';
import {reportOf} from '../../failover/survey.ts';
import type {Terminal} from '../environment.ts';
import {sayLocalTime} from '../history/duration.ts';
import {sayMove} from '../history/render-history.ts';
import {paint, type Style} from '../terminal/paint.ts';
import {toLine} from '../terminal/plain.ts';
import {wrap} from '../terminal/wrap.ts';
import type {RecoverOptions} from './recover.ts';

/** What is half done, what would be done about it, and what speaks against it. */
export interface Prospect {
  readonly unfinished: Unfinished;
  readonly assessment: Assessment;
  /** Who may still carry the failover on. */
  readonly atWork: readonly string[];
  readonly options: RecoverOptions;
}

export const renderProspect = (prospect: Prospect, terminal: Terminal): string[] => {
  const {unfinished, assessment, atWork} = prospect;
  const {head} = unfinished.record;
  const {reasons} = assessment;
  const line = (text: string, mark: string, style?: Style): string[] =>
    wrap(toLine(text, terminal), {width: terminal.columns, first: `  ${mark.padEnd(5)}`, indent: ' '.repeat(7)}).map(
      (one, index) => (index === 0 ? one.replace(mark, word => paint(word, style, terminal)) : one),
    );
  const title = `failover ${head.id} is ${paint('HALF DONE', 'bad', terminal)}: ${toLine(sayMove(head), terminal)}, begun ${sayLocalTime(head.startedMs)}`;
  return [
    ...[title, ...line(meanings[unfinished.state], '')],
    ...['', 'what would be done:', ...actionsOf(prospect).flatMap(text => line(text, '-'))],
    ...['', 'is that safe:'],
    ...(reasons.length === 0
      ? verifiedOf(prospect).flatMap(text => line(text, 'ok', 'good'))
      : reasons.flatMap(text => line(text, 'NO', 'bad'))),
    ...atWork.flatMap(text => line(text, 'WAIT', 'warning')),
    ...['', ...line(adviceOf(prospect), '').map(text => text.trimStart())],
  ];
};

/** The same for programs. Keys are snake_case; what is not known is null. */
export const recoverJson = (prospect: Prospect, account: PhaseAccount | 'settled meanwhile' | undefined) => {
  const {unfinished, assessment, atWork} = prospect;
  const {head} = unfinished.record;
  return {
    cluster: head.cluster,
    failover: head.id,
    half_done: unfinished.state,
    old_master: head.oldMaster,
    new_master: head.newMaster ?? null,
    would_do: actionsOf(prospect),
    reasons_not_to: assessment.reasons,
    at_work: atWork,
    done: account === undefined ? null : account === 'settled meanwhile' ? account : account.result,
    not_put_back: account === undefined || account === 'settled meanwhile' ? [] : account.notPutBack,
    steps:
      account === undefined || account === 'settled meanwhile'
        ? []
        : account.steps.map(({step, hosts, result, did, notes}) => ({step, hosts, result, did, notes})),
  };
};

const meanings = {
  stopped: 'Its stop phase has taken writes and the VIP from the old master, and nobody has begun to promote.',
  starting: 'Its start phase has begun and is not done: the new master may have taken writes.',
} as const;

const actionsOf = ({unfinished, assessment}: Prospect): string[] => {
  const {oldMaster, newMaster, vip} = assessment.move;
  if (unfinished.state === 'starting')
    return [
      `make ${nameOf(newMaster)} writable`,
      ...(vip.cidrs.length === 0 ? [] : [`put the VIP ${vip.name} on ${nameOf(newMaster)}`]),
    ];
  return [oldMaster, newMaster].flatMap(party => undoOn(party, unfinished, assessment));
};

/** The agent's own journal says what an undo would put back; without an answer only the record is there. */
const undoOn = (party: Party, {record}: Unfinished, {move}: Assessment): string[] => {
  const own = openedOperations(record).findLast(
    ({host, port}) => host === party.config.name && port === party.config.port,
  );
  if (own === undefined) return [];
  const operations = reportOf(move.survey, party.config).status?.operations;
  const known = operations?.find(({operationId}) => operationId === own.operationId);
  if (known?.changes.length === 0) return [`nothing on ${nameOf(party)}: this failover changed nothing there`];
  return [`put back on ${nameOf(party)}: ${known?.changes.join('; ') ?? 'whatever this failover changed there'}`];
};

const verifiedOf = ({unfinished, assessment}: Prospect): string[] => {
  const {oldMaster, newMaster, vip} = assessment.move;
  const [from, to] = [nameOf(oldMaster), nameOf(newMaster)];
  const elsewhere = vip.cidrs.length === 0 ? [] : [`no other host that answers holds ${vip.name}`];
  return unfinished.state === 'starting'
    ? [`${from} is read-only and without the VIP, or was so when it was last seen`, `${to} answers`]
    : [
        `${to} is read-only, was not writable in this failover, and is a replica of ${from}`,
        ...elsewhere,
        `no newer failover has been on a host that answers`,
      ];
};

const adviceOf = ({unfinished, assessment, atWork, options}: Prospect): string => {
  const {cluster} = unfinished.record.head;
  const command = `mha-helper recover ${cluster} --yes`;
  if (atWork.length > 0 && !options.force)
    return `${options.yes ? 'Refused' : 'Nothing was changed'}: wait until they have ended, or, if you know better: ${command} --force`;
  if (options.yes) return 'Doing it:';
  if (assessment.reasons.length > 0)
    return `Nothing was changed. ${command} would refuse as long as there is a NO; look at mha-helper status ${cluster}.`;
  return `Nothing was changed. To do it: ${command}`;
};
