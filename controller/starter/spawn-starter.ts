import {spawn} from 'node:child_process';
import {findMha} from '../guard/find-mha.ts';
import {identifyProcess} from '../record/process-stat.ts';
import type {StarterInput} from './run-starter.ts';

/**
 * Starts a starter as a process of its own session. What becomes of it is nobody's concern: without one the hook of the
 * start phase does its work itself.
 */
export const spawnStarter = async ({
  program,
  parent,
  ...input
}: Omit<StarterInput, 'mha' | 'stop'> & {
  readonly program: readonly string[];
  readonly parent: number;
}): Promise<void> => {
  const told: StarterInput = {...input, mha: findMha(parent), stop: identifyProcess(process.pid)};
  const [file = '', ...first] = program;
  const child = spawn(file, [...first, JSON.stringify(told)], {detached: true, stdio: 'ignore', cwd: '/'});
  child.on('error', () => {}); // see above
  child.unref();
};
