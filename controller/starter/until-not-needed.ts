import {setTimeout} from 'node:timers/promises';
import {isRunning} from '../guard/find-mha.ts';
import {isSettled} from '../guard/watch.ts';
import {fromStateDir} from '../record/from-state-dir.ts';
import {listRecords} from '../record/record-file.ts';
import type {Prepared} from './run-starter.ts';

const lookMs = 200;

/** Nobody will start any more: MHA is gone, the stop was refused or undone, or another process has begun to start. */
export const untilNotNeeded = async (
  {stop, mha, cluster: {stateDir, name}}: Prepared,
  isBusy: () => boolean,
): Promise<void> => {
  const isStoppedNow = () => fromStateDir(stateDir, () => isStopped(stateDir, name));
  for (;;) {
    const isNeeded = (await isRunning(stop)) || ((await isRunning(mha)) && (await isStoppedNow()));
    // asked last: a hook may have come while we looked, and what it has begun looks like another's start
    if (!isNeeded && !isBusy()) return;
    await setTimeout(lookMs);
  }
};

/** The stop phase is done, and it was the last that happened. */
const isStopped = async (stateDir: string, cluster: string): Promise<boolean> => {
  const [newest] = await listRecords(stateDir, cluster);
  return newest !== undefined && !(await isSettled(newest));
};
