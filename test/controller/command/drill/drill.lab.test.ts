import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {accounts} from '../../../lab/accounts.ts';
import {nodeCommand} from '../../../lab/agents.ts';
import {repository} from '../../../lab/namespaces.ts';
import {createProductLab, type ProductLab} from '../../../lab/product-lab.ts';
import type {Finished} from '../../../lab/run.ts';
import {addresses} from '../../../lab/topology.ts';
import {startWriter} from '../../../lab/writer.ts';

let lab: ProductLab;
before(async () => {
  lab = await createProductLab();
});
after(() => lab.dispose());

const saidBy = ({code, stdout, stderr}: Finished): string => `exit code ${code}\n${stdout}${stderr}`;
const helper = (...args: readonly string[]): Promise<Finished> =>
  lab.exec('mgr', [...nodeCommand(`${repository}/dist/controller/bin/mha-helper.js`), ...args], {timeoutMs: 90_000});

test('a drill goes there and back, and what its probe saw is what a writing client noticed', async () => {
  const writer = await startWriter(lab, {shape: 'pair'});
  const {result, outage} = await writer.around('drill', () => helper('drill', 'lab', '--json'), 60_000);
  assert.equal(result.code, 0, saidBy(result));
  const {legs} = JSON.parse(result.stdout);
  assert.deepEqual(
    legs.map((leg: Record<string, string>) => [leg.old_master, leg.new_master]),
    [
      ['db1', 'db2'],
      ['db2', 'db1'],
    ],
  );
  for (const leg of legs) {
    // Somewhere in the step that takes writes they are gone; from then on an onlooker sees what the hooks say.
    const {duration_ms: hooksMs} = leg.failover.write_outage;
    const demoteMs = leg.failover.phases[0].steps.find(({step}: {step: string}) => step === 'demote').duration_ms;
    const seenMs = leg.writes_away_ms;
    assert.ok(seenMs > hooksMs - demoteMs - 50 && seenMs < hooksMs + 1000, JSON.stringify({seenMs, hooksMs, demoteMs}));
    assert.ok(leg.no_greeting_ms > 20 && leg.no_greeting_ms < leg.writes_away_ms + 40, JSON.stringify(leg));
  }
  assert.ok(!outage.open, JSON.stringify(outage));
  const {lost, duplicated} = await writer.finish('db1');
  assert.deepEqual({lost, duplicated}, {lost: 0, duplicated: 0});
  assert.deepEqual(await lab.vipHolders(), ['db1']);
});

test('for people it says what the numbers mean, in 80 columns', async () => {
  const {code, stdout, stderr} = await helper('drill', 'lab', '--to', 'db2');
  assert.equal(code, 0, stdout + stderr);
  const summary = stdout.slice(stdout.indexOf('drill of lab'));
  assert.match(summary, /^ {2}db1 -> db2 +done( +\d[\d.]* m?s){3}$/m);
  assert.match(summary, /^ {2}db2 -> db1 +done( +\d[\d.]* m?s){3}$/m);
  assert.match(
    summary.replaceAll(/\s+/g, ' '),
    /no greeting: the longest time in which no mysqld greeted this manager at 10\.77\.0\.100/,
  );
  for (const line of summary.split('\n')) assert.match(line, /^[\x20-\x7e]{0,80}$/);
});

test('greetings do not make the server lock the manager out, as dropped connections do', async () => {
  await lab.stopDb('db3');
  await lab.startDb('db3', ['--skip-name-resolve=0', '--max-connect-errors=3']);
  const {user, password} = accounts.mha;
  const logIn = (): Promise<Finished> =>
    lab.exec('mgr', [
      'mysql',
      '--no-defaults',
      `--host=${addresses.db3}`,
      `--user=${user}`,
      `--password=${password}`,
      '-e',
      'DO 0',
    ]);
  const module = `${repository}/dist/controller/command/drill/greet-mysqld.js`;
  const greet = `const {greetMysqld} = await import('${module}');
    for (let n = 0; n < 20; n++) if (!(await greetMysqld({address: '${addresses.db3}', port: 3306}, 1000))) process.exit(1);`;
  await lab.mustExec('mgr', [process.execPath, '--input-type=module', '-e', greet]);
  const fine = await logIn();
  assert.equal(fine.code, 0, saidBy(fine));
  // The other way round, so that this test can fail.
  await lab.mustExec('mgr', [
    'bash',
    '-c',
    `for n in 1 2 3 4 5 6; do head -c 4 </dev/tcp/${addresses.db3}/3306 >/dev/null; done; sleep 0.3`,
  ]);
  const locked = await logIn();
  assert.match(locked.stderr, /is blocked because of many connection errors/, saidBy(locked));
});
