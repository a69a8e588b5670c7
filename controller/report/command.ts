import type {Readable} from 'node:stream';
import {execa} from 'execa';
import {type Channel, until} from './channel.ts';
import {environmentOf, factsOf} from './facts.ts';
import {oneLine} from './notice.ts';

/** The command finds programs here, and nothing of MHA's own environment, where passwords may be. */
const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const mostOfOutput = 200;

/** Runs the operator's program with a notice. Taken is what it ends with exit code 0 for. */
export const commandChannel = ([program, ...args]: readonly [string, ...string[]]): Channel => ({
  name: 'command',
  deliver: async (notice, signal) => {
    const running = execa(program, args, {
      input: `${JSON.stringify(factsOf(notice))}\n`,
      env: {...environmentOf(notice), PATH: path, LANG: 'C.UTF-8'},
      extendEnv: false,
      cwd: '/',
      // A group of its own: what the program has started ends with it.
      detached: true,
      cleanup: false,
      stdin: 'pipe',
      stdout: 'ignore',
      stderr: 'pipe',
      buffer: false,
      reject: false,
    });
    const lastWords = keepEnd(running.stderr);
    try {
      const {exitCode, signal: killedBy, code} = await until(signal, running);
      if (exitCode === 0) return {said: `given to ${program}`, refused: []};
      if (code !== undefined) throw new Error(`could not run ${program}: ${code}`);
      throw new Error(`${program} ended with ${exitCode ?? killedBy}${lastWords()}`);
    } catch (error) {
      if (running.pid !== undefined) killGroup(running.pid);
      throw error;
    }
  },
});

/** Of what the program complains, its last line: the reason, more often than not. */
const keepEnd = (stream: Readable): (() => string) => {
  let end = '';
  stream.on('data', (chunk: Buffer) => {
    end = (end + chunk.toString('utf8')).slice(-mostOfOutput);
  });
  return () => {
    const last = oneLine(end.trimEnd().split('\n').at(-1) ?? '');
    return last === '' ? '' : `: ${last}`;
  };
};

const killGroup = (leader: number): void => {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // it has ended with all that it had started
  }
};
