#!/usr/bin/env node
// What MHA starts. The start phase of an online switch is done by the process that its stop phase has left waiting, where there is
// one: this one then loads nothing but the way to it. Anything else is done here, by the program beside this file.
const isOnlineStart = import.meta.url.includes('online') && process.argv.includes('--command=start');
const exitCode = isOnlineStart ? await askStarter() : undefined;
if (exitCode === undefined) (await import('./run-program.mjs')).runProgram(import.meta.url);
else process.stdout.write('', () => process.exit(exitCode));

async function askStarter() {
  const {askStarter} = await import('./ask-starter.mjs');
  const configDirectory = process.env.MHA_HELPER_CONFIG_DIR ?? '/etc/mha-helper';
  const tell = line => process.stdout.write(`${line}\n`);
  return askStarter(process.argv.slice(2), {configDirectory, tell}).catch(() => undefined);
}
