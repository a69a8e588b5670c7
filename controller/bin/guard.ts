#!/usr/bin/env node
import './quiet-aws.ts';
import {outliveSession, sayReady} from '../guard/ready.ts';
import {runGuard} from '../guard/run-guard.ts';
import {cloudEnvironment} from './cloud-environment.ts';
import {end} from './end.ts';

const [configDirectory = '', cluster = '', recordPath = '', pid = '', startTime = ''] = process.argv.slice(2);
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
    tell,
    ready: sayReady,
  });
void guard().then(
  () => end(0),
  (error: Error) => {
    tell(`guard: ${error.message}`);
    end(1);
  },
);
