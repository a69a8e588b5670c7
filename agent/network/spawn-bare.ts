import {ChildProcess, spawn} from 'node:child_process';
import type {Command} from './command.ts';

/** What every command gets of an environment. */
const bareEnvironment = {PATH: '/usr/sbin:/sbin:/usr/bin:/bin', LC_ALL: 'C'} as const;

/**
 * Starts the command with none of our environment and none of our files. Never throws: one that cannot be started
 * has no pid and emits `error`.
 */
export const spawnBare = ({file, args, env}: Command, stdin: 'ignore' | 'pipe'): ChildProcess => {
  try {
    return spawn(file, args, {cwd: '/', env: {...env, ...bareEnvironment}, stdio: [stdin, 'pipe', 'pipe']});
  } catch (error) {
    // Node throws some refusals of the kernel (no memory) and tells others.
    const child = new ChildProcess();
    process.nextTick(() => child.emit('error', error));
    return child;
  }
};

/** From then on it does not keep this program alive, which may have nothing else to do. */
export const unreference = (child: ChildProcess): void => {
  child.unref();
  for (const stream of [child.stdin, child.stdout, child.stderr])
    if (stream && 'unref' in stream && typeof stream.unref === 'function') stream.unref();
};
