import {spawn} from 'node:child_process';
import {openSync} from 'node:fs';
import {dirname, join} from 'node:path';
import type {GuardIdentity} from '../record/entry.ts';
import {findMha, identifyProcess} from './find-mha.ts';

/**
 * Starts the guard as a process of its own session: it survives the hook, MHA, and the terminal. What it says goes to
 * guard.log beside the failover records.
 */
export const spawnGuard = async (input: {
  readonly program: readonly string[];
  readonly parent: number;
  readonly configDirectory: string;
  readonly cluster: string;
  readonly recordPath: string;
}): Promise<GuardIdentity> => {
  const mha = await findMha(input.parent);
  const [file = '', ...first] = input.program;
  const args = [...first, input.configDirectory, input.cluster, input.recordPath, String(mha.pid), mha.startTime];
  const log = openSync(join(dirname(input.recordPath), 'guard.log'), 'a', 0o640);
  const child = spawn(file, args, {detached: true, stdio: ['ignore', log, log], cwd: '/'});
  const pid = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => resolve(child.pid ?? 0));
  });
  child.unref();
  return {...(await identifyProcess(pid)), mha};
};
