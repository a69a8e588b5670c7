import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {loadClusters} from '../../config/load-clusters.ts';
import {until} from '../../report/channel.ts';
import {hasDue} from '../../report/retry.ts';

/** A state directory that hangs must not hold up an answer that is there already. */
const lookMs = 500;

/**
 * Reports wait, and it is time to try again: starts a process of its own for that, so that no command takes longer. Never
 * throws: a command's answer does not depend on it.
 */
export const startDelivery = async (configDirectory: string, program: readonly string[]): Promise<void> => {
  try {
    const {clusters} = loadClusters(configDirectory);
    const due = await until(AbortSignal.timeout(lookMs), Promise.all(clusters.map(hasDue)));
    const [file, ...args] = program;
    if (file === undefined || !due.includes(true)) return;
    const child = spawn(file, [...args, configDirectory], {detached: true, stdio: 'ignore', cwd: '/'});
    child.unref();
    await once(child, 'spawn');
  } catch {
    // the next command tries again
  }
};
