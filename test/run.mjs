// Runs the tests of the tiers that are named: node test/run.mjs unit server net lab …
// A tier is the suffix of a file: demote.server.test.ts belongs to `server`; one without a tier is `unit`.
import {spawn} from 'node:child_process';
import {readdirSync} from 'node:fs';
import {cpus} from 'node:os';
import {join} from 'node:path';

const tiers = new Set(process.argv.slice(2));
const root = new URL('.', import.meta.url).pathname;
const tierOf = file => /\.([a-z]+)\.test\.ts$/.exec(file)?.[1] ?? 'unit';
const files = readdirSync(root, {recursive: true})
  .filter(file => file.endsWith('.test.ts') && tiers.has(tierOf(file)))
  .map(file => join(root, file))
  .sort();
if (files.length === 0) {
  console.error(`no test of the tiers ${[...tiers].join(', ')} in ${root}`);
  process.exit(1);
}
// a lab is a whole little data centre: one at a time
const concurrency = tiers.has('lab') || tiers.has('faults') || tiers.has('packages') ? 1 : Math.min(4, cpus().length);
// no test takes a quarter of an hour: one that hangs must fail, and say which it was
const options = [
  '--import',
  'tsx',
  '--test',
  `--test-concurrency=${concurrency}`,
  '--test-timeout=900000',
  '--test-reporter=spec',
];
const child = spawn(process.execPath, [...options, ...files], {stdio: 'inherit'});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(signal === null ? code : 1));
