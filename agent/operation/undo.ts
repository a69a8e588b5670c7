import type {Undone} from '../../proto/gen/mha_helper/v1/agent.ts';
import type {Instance} from '../mysql/instance.ts';
import {readInstanceStatus} from '../mysql/read-status.ts';
import type {Network} from '../network/network.ts';
import type {Change} from './change.ts';
import {undoEventScheduler, undoReadOnly} from './demote.ts';
import {undoVip} from './undo-vip.ts';

export interface UndoMeans {
  readonly instance: Instance;
  readonly network: Network;
  readonly signal: AbortSignal;
}

/** Puts back what was changed, newest first. One that fails never stops the others. */
export const undoChanges = async (changes: readonly Change[], means: UndoMeans): Promise<Undone> => {
  const restored: string[] = [];
  const failed: string[] = [];
  for (const change of changes.toReversed()) {
    try {
      restored.push(await undoChange(change, means));
    } catch (error) {
      failed.push(`${describeChange(change)}: ${(error as Error).message}`);
    }
  }
  return {restored, failed, after: await readInstanceStatus(means.instance, {brief: true, signal: means.signal})};
};

const undoChange = (change: Change, means: UndoMeans): Promise<string> => {
  switch (change.kind) {
    case 'read_only':
      return undoReadOnly(change, means);
    case 'event_scheduler':
      return undoEventScheduler(change, means);
    case 'vip':
      return undoVip(change, means);
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
  }
};
