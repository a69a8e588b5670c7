import {spawn} from 'node:child_process';
import {findMha, identifyProcess} from '../guard/find-mha.ts';
import type {MhaInstance} from '../hook/parse-arguments.ts';
import type {StarterInput} from './run-starter.ts';

/**
 * Starts a starter as a process of its own session. What becomes of it is nobody's concern: without one the hook of the
 * start phase does its work itself.
 */
export const spawnStarter = async (input: {
  readonly program: readonly string[];
  readonly parent: number;
  readonly configDirectory: string;
  readonly oldMaster: MhaInstance;
  readonly newMaster: MhaInstance;
}): Promise<void> => {
  const {configDirectory, oldMaster, newMaster} = input;
  const [mha, stop] = await Promise.all([findMha(input.parent), identifyProcess(process.pid)]);
  const told: StarterInput = {configDirectory, oldMaster, newMaster, mha, stop};
  const [file = '', ...first] = input.program;
  const child = spawn(file, [...first, JSON.stringify(told)], {detached: true, stdio: 'ignore', cwd: '/'});
  child.on('error', () => {}); // see above
  child.unref();
};
