#!/usr/bin/env node
import './quiet-aws.ts';
import {outliveSession, sayReady} from '../guard/ready.ts';
import {runGuard} from '../guard/run-guard.ts';
import {spawnSuccessor} from '../guard/spawn-guard.ts';
import {StateDirSilent} from '../record/from-state-dir.ts';
import {cloudEnvironment} from './cloud-environment.ts';
import {end, endUnheard} from './end.ts';

const again = 'again';
const given = process.argv.slice(2, 7);
const [configDirectory = '', cluster = '', recordPath = '', pid = '', startTime = ''] = given;
const tell = (line: string): void => {
  process.stdout.write(`${new Date().toISOString()} ${line}\n`);
};
outliveSession();

const guard = (): Promise<void> =>
  runGuard({
    configDirectory,
    cloudEnvironment: cloudEnvironment(),
    cluster,
    recordPath,
    mha: {pid: Number(pid), startTime},
    isAgain: process.argv[7] === again,
    tell,
    ready: sayReady,
  });
void guard().then(
  () => end(0),
  (error: Error) => {
    // Who waits for a disk that hangs keeps other processes waiting, killed ones as well: a hook could not end.
    if (error instanceof StateDirSilent) {
      spawnSuccessor([...process.execArgv, process.argv[1] ?? '', ...given, again]);
      endUnheard();
    }
    tell(`guard: ${error.message}`);
    end(1);
  },
);
