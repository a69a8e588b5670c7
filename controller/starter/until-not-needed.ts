import {setTimeout} from 'node:timers/promises';
import {isSettled} from '../guard/watch.ts';
import {fromStateDir} from '../record/from-state-dir.ts';
import {isRunning} from '../record/process-stat.ts';
import {listRecords, readRecord} from '../record/record-file.ts';
import type {Prepared} from './run-starter.ts';

const lookMs = 200;

/**
 * Nobody will start any more: MHA is gone, the stop was refused or undone, another process has begun to start, or another
 * starter waits. Throws when that cannot be read.
 */
export const untilNotNeeded = async (
  {stop, mha, hook, cluster: {stateDir, name}}: Prepared,
  {isBusy, isOffered}: {readonly isBusy: () => boolean; readonly isOffered: () => Promise<boolean>},
): Promise<void> => {
  const isAwaited = () => fromStateDir(stateDir, async () => (await isStopped[hook](stateDir, name)) && isOffered());
  // a start that is under way goes on without a disk, like a hook's own
  const mayBeAwaited = () =>
    isAwaited().catch((error: unknown) => {
      if (isBusy()) return true;
      throw error;
    });
  for (;;) {
    const isNeeded = isBusy() || isRunning(stop) || (isRunning(mha) && (await mayBeAwaited()));
    // asked again: a hook may have come while we looked, and what it has begun looks like another's start
    if (!isNeeded && !isBusy()) return;
    await setTimeout(lookMs);
  }
};

/** The stop phase is done, and it was the last that happened. */
const isStopped = {
  online: async (stateDir: string, cluster: string): Promise<boolean> => {
    const [newest] = await listRecords(stateDir, cluster);
    return newest !== undefined && !(await isSettled(newest));
  },
  failover: async (stateDir: string, cluster: string): Promise<boolean> => {
    const [newest] = await listRecords(stateDir, cluster);
    const record = newest === undefined ? undefined : await readRecord(newest);
    return (
      record?.head.kind === 'hard' &&
      !record.entries.some(entry => entry.type === 'phase' && entry.phase === 'hard start')
    );
  },
};
