import type {Undone} from '../../proto/gen/mha_helper/v1/agent.ts';
import type {Instance} from '../mysql/instance.ts';
import {readInstanceStatus} from '../mysql/read-status.ts';
import type {Network} from '../network/network.ts';
import {describeTombstone} from '../network/tombstone-script.ts';
import {Refused} from '../refusal.ts';
import type {Change} from './change.ts';
import {undoEventScheduler, undoReadOnly} from './demote.ts';
import {toTombstone, undoTombstone} from './undo-tombstone.ts';
import {undoVip} from './undo-vip.ts';

export interface UndoMeans {
  readonly instance: Instance;
  readonly network: Network;
  readonly signal: AbortSignal;
}

/**
 * Puts back what was changed: addresses first (what refuses their clients before them), then the rest, each newest first. One that fails never stops the
 * others, with one exception: where another machine answers for the VIP, it may be master by now, and writes are not
 * given back here.
 */
export const undoChanges = async (changes: readonly Change[], means: UndoMeans): Promise<Undone> => {
  const restored: string[] = [];
  const failed: string[] = [];
  let vipIsElsewhere = false;
  for (const change of inUndoOrder(changes)) {
    try {
      if (vipIsElsewhere && givesBack(change)) throw new Error('not given back, since another machine has the VIP');
      restored.push(await undoChange(change, means));
    } catch (error) {
      vipIsElsewhere ||= error instanceof Refused && error.reason === 'VIP_IN_USE';
      failed.push(`${describeChange(change)}: ${(error as Error).message}${nextAfter(error)}`);
    }
  }
  return {restored, failed, after: await readInstanceStatus(means.instance, {brief: true, signal: means.signal})};
};

/** It is told in one line, so what to do is told in the same. */
const nextAfter = (error: unknown): string =>
  error instanceof Refused && error.hint !== '' ? ` (next: ${error.hint})` : '';

const inUndoOrder = (changes: readonly Change[]): readonly Change[] => {
  const newestFirst = changes.toReversed();
  const first = (['tombstone', 'vip'] as const).map(wanted => newestFirst.filter(({kind}) => kind === wanted));
  return [...first.flat(), ...newestFirst.filter(({kind}) => kind !== 'tombstone' && kind !== 'vip')];
};

const undoChange = (change: Change, means: UndoMeans): Promise<string> => {
  switch (change.kind) {
    case 'read_only':
      return undoReadOnly(change, means);
    case 'event_scheduler':
      return undoEventScheduler(change, means);
    case 'vip':
      return undoVip(change, means);
    case 'tombstone':
      return undoTombstone(change, means);
  }
};

/** One line for people: what the operation changed. */
export const describeChange = (change: Change): string => {
  switch (change.kind) {
    case 'read_only':
      return `read_only, before: ${change.before.readOnly ? 'on' : 'off'}`;
    case 'event_scheduler':
      return `event_scheduler, before: ${change.before}`;
    case 'vip':
      return `${change.cidr} on ${change.interface}, before: ${change.before}`;
    case 'tombstone':
      return `connections to ${describeTombstone(toTombstone(change))} refused, before: not`;
  }
};

/** Does putting this back give writes or the address back to this host? Such an undo needs more care. */
export const givesBack = (change: Change): boolean => {
  switch (change.kind) {
    case 'read_only':
      return !change.before.readOnly;
    case 'event_scheduler':
      return change.before === 'ON';
    case 'vip':
      return change.before === 'present';
    case 'tombstone':
      return false;
  }
};
