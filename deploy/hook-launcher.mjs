#!/usr/bin/env -S -u NODE_OPTIONS -u NODE_EXTRA_CA_CERTS node --use-openssl-ca
// What MHA starts; made one script by bundle-hooks.mjs. The first line takes from Node what costs a hook 20 to 60 ms and serves
// none of its connections: options and authorities meant for other programs, and Node's own list of 140 authorities, which
// Node 20 parses with the first connection although ours trust one only.
// A start phase is done by the process that its stop phase has left waiting, where there is one: this one then loads nothing but
// the way to it. Anything else is done by the program beside this file.
import {basename} from 'node:path';
import {explainCrash} from './explain-crash.mjs';
import {readProgram} from './program.mjs';

process.on('uncaughtException', explainCrash(__filename));
const hook = basename(__filename).includes('online') ? 'online' : 'failover';
if (process.argv.includes('--command=start')) void handOver();
else void doHere();

async function doHere() {
  (await import('./run-program.mjs')).runProgram(readProgram(__filename), __filename, require);
}

async function handOver() {
  const {askStarter} = await import('../controller/starter/ask-starter.ts');
  const configDirectory = process.env.MHA_HELPER_CONFIG_DIR ?? '/etc/mha-helper';
  const tell = line => process.stdout.write(`${line}\n`);
  const exitCode = await askStarter(process.argv.slice(2), {configDirectory, hook, tell}).catch(() => undefined);
  if (exitCode === undefined) await doHere();
  else process.stdout.write('', () => process.exit(exitCode));
}
