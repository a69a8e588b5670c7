import type {FencingKnowledge} from '../record/entry.ts';
import type {FailoverRecord} from '../record/record-file.ts';
import type {Move, Party} from './move.ts';
import type {Plan} from './plan.ts';
import {acquireVip} from './steps/acquire-vip.ts';
import {commit} from './steps/commit.ts';
import {demote, demoteAgain} from './steps/demote.ts';
import {holdReadOnly} from './steps/hold-read-only.ts';
import {lookAgain, lookWhileHeld} from './steps/look-early.ts';
import {meanwhile} from './steps/meanwhile.ts';
import {preflightStart, preflightStop} from './steps/preflight.ts';
import {promote} from './steps/promote.ts';
import {releaseVip} from './steps/release-vip.ts';
import {guardWith, type StartGuard} from './steps/start-guard.ts';
import {type Legacy, takeOver} from './steps/take-over.ts';
import {lastWordOf, verifyDemoted} from './steps/verify.ts';
import type {AnsweringMacs} from './survey.ts';

/** Take writes away from the old master. Undone on failure: until MHA moves on, the old master is the known good state. */
export const onlineStop = (move: Move, {answering, startGuard, legacy}: StopMeans): Plan => {
  const {oldMaster, newMaster, vip, cluster} = move;
  const release = meanwhile(releaseVip(vip, oldMaster), lookWhileHeld(move));
  const releasesFirst = cluster.vipRelease === 'first';
  const closes = releasesFirst ? [] : vip.addressesOn(oldMaster.config);
  const demoteGently = demote(oldMaster, {graceMs: oldMaster.config.killAfterMs, closes});
  const lastWord = lastWordOf(move);
  const guard = guardWith(startGuard);
  return {
    name: 'online stop',
    onFailure: 'undo',
    steps: [
      preflightStop(move, {answering, meanwhile: guard.begin}),
      guard.step, // before anything changes
      ...(legacy === undefined ? [] : [takeOver(legacy, [oldMaster, newMaster])]),
      meanwhile(holdReadOnly(newMaster), lookWhileHeld(move)),
      // read_only first: a client that still has its connection hears error 1290 at once, instead of waiting on a dead
      // address until its own time-out
      ...(releasesFirst ? [release, demoteGently] : [demoteGently, release]),
      // those who came in between; and now nobody writes
      meanwhile(demoteAgain(oldMaster), lastWord.ask, lookAgain(move)),
      verifyDemoted(move, lastWord),
      commit([newMaster, oldMaster]),
    ],
  };
};

export interface StopMeans {
  /** Which machines answer for the VIP: the last thing that a preflight hears of. */
  readonly answering: Promise<AnsweringMacs | undefined>;
  readonly startGuard: StartGuard;
  readonly legacy?: Legacy | undefined;
}

/** Give writes to the new master. */
export const onlineStart = (move: Move, known: StartKnowledge): Plan => ({
  name: 'online start',
  onFailure: 'undo', // until the new master is writable; promote is the point of no return
  steps: [preflightStart(move, known), ...giveWrites(move, known)],
});

/** Promote, then the address: the first packet after the announcement finds a writable server. */
export const giveWrites = (
  {newMaster, vip}: Move,
  {startEventScheduler}: StartKnowledge,
  mayTakeFrom: readonly Party[] = [],
) => [
  promote(newMaster, {startEventScheduler, expectedVips: vip.addressesOn(newMaster.config)}),
  acquireVip(vip, newMaster, mayTakeFrom),
  commit([newMaster]),
];

/** What the failover's earlier phase left for the start. */
export interface StartKnowledge {
  /** The event scheduler ran on the old master when it was demoted. */
  readonly startEventScheduler: boolean;
  /** What this failover's own record says of the old master; undefined: there is no such record. */
  readonly recorded: FencingKnowledge | undefined;
}

/** What a start may rely on, from the record of its own failover. */
export const knowledgeOf = (record: FailoverRecord | undefined): StartKnowledge => {
  const recorded = record?.entries.findLast(entry => entry.type === 'old_master');
  const scheduler = record?.entries.findLast(entry => entry.type === 'event_scheduler');
  return {recorded, startEventScheduler: scheduler?.wasOn === true};
};
