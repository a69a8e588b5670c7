import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {commandFile} from '../lab/commands.ts';
import {createProductLab, type ProductLab} from '../lab/product-lab.ts';
import type {Finished} from '../lab/run.ts';
import {documentedCommands} from './command-lines.ts';

let lab: ProductLab;
const programs = '/var/tmp/programs';

/** A manager as after the installation: our hooks have the names that MHA's configuration calls. */
before(async () => {
  lab = await createProductLab();
  await lab.mustExec('mgr', ['mkdir', '-p', programs]);
  const [onlineHook, failoverHook, reportHook] = await Promise.all(
    ['master_ip_online_failover_helper', 'master_ip_hard_failover_helper', 'master_failover_report'].map(async name => {
      await lab.mustExec('mgr', ['ln', '-s', commandFile(name), `${programs}/${name}`]);
      return `${programs}/${name}`;
    }),
  );
  assert.ok(onlineHook && failoverHook && reportHook);
  await lab.mustExec('mgr', ['mkdir', '-p', '/etc/mha']);
  await lab.writeMhaConfig({onlineHook, failoverHook, reportHook});
});
after(() => lab.dispose());

const helper = (...args: readonly string[]): Promise<Finished> => {
  const command = [commandFile('mha-helper'), ...args];
  // What watches for ever gets its Ctrl-C.
  const bound = args.includes('--watch') ? ['timeout', '--preserve-status', '-s', 'INT', '3'] : [];
  return lab.exec('mgr', [...bound, ...command], {timeoutMs: 90_000});
};

/** The documentation's cluster as the lab has it. */
const inLab = (word: string): string =>
  word
    .replace(/^(?:app1|CLUSTER)$/, 'lab')
    .replace(/^(?:app1-1|ID)$/, 'lab-1')
    .replace(/^(agent\/)?db1([012])$/, (_, role = '', digit) => `${role}db${Number(digit) + 1}`);

/** What does not end with 0 in a lab that is furnished already, and why. */
const otherwise: Readonly<Record<string, readonly [code: number, reason: RegExp]>> = {
  'pki init': [1, /exists already/],
  'pki issue controller': [1, /exists already/],
  'pki issue agent db1 db2 db3': [1, /exists already/],
};

/** What a command needs to find before it. */
const prepareFor = async (line: string): Promise<void> => {
  if (!/^(?:switch lab --to|failover)/.test(line)) return;
  if (!(await lab.vipHolders()).includes('db1')) assert.equal((await helper('switch', 'lab', '--to', 'db1')).code, 0);
  if (line.startsWith('failover')) await lab.killDb('db1');
};

const cleanUpAfter = async (line: string): Promise<void> => {
  if (line.startsWith('failover')) await lab.rejoin('db1', 'db2');
  if (line.startsWith('vip release')) await helper('vip', 'acquire', 'lab');
};

const lines = new Map(documentedCommands().map(({argv, ...place}) => [argv.map(inLab).join(' '), place]));

for (const [line, {file, line: number}] of lines)
  test(`${file}:${number}: mha-helper ${line}`, async () => {
    await prepareFor(line);
    const {code, stdout, stderr} = await helper(...line.split(' '));
    await cleanUpAfter(line);
    const [wanted, reason] = otherwise[line] ?? [0, /./];
    assert.equal(code, wanted, stdout + stderr);
    assert.match(stdout + stderr, reason);
    assert.doesNotMatch(stdout + stderr, /\n\s+at .*:\d+:\d+\)?\n/);
  });

test('after all of them the cluster is healthy', async () => {
  const {code, stdout} = await helper('status', 'lab');
  assert.equal(code, 0, stdout);
});
