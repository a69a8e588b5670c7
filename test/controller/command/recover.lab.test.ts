import assert from 'node:assert/strict';
import {after, before, beforeEach, test} from 'node:test';
import {recordedArguments} from '../../fixtures/hook-arguments.ts';
import type {Running} from '../../lab/hosts.ts';
import {poll} from '../../lab/poll.ts';
import {breakableHooks, createProductLab, type ProductLab} from '../../lab/product-lab.ts';
import type {Finished} from '../../lab/run.ts';
import {openSession} from '../../lab/session.ts';

let lab: ProductLab;
before(async () => {
  lab = await createProductLab();
});
after(() => lab.dispose());
beforeEach(() => lab.reset());

const assertExit = (finished: Finished, code: number): void => {
  assert.equal(finished.code, code, `${finished.stdout}\n${finished.stderr}`);
};

let stops = 0;

/** Runs the stop hook as an MHA that then goes on for ever. */
const stopAndGoOn = async (): Promise<Running> => {
  const hook = [...breakableHooks().onlineHook.split(' '), ...recordedArguments('online-stop')];
  const log = `/var/log/mha-${++stops}.log`;
  const mha = await lab.spawn('mgr', ['sh', '-c', '"$@"; echo "=> $?"; read -r line', 'mha', ...hook], {log});
  const said = await poll('the end of the stop hook', async () => {
    const text = await mha.output();
    return text.includes('=> ') ? text : undefined;
  });
  assert.match(said, /=> 0/, said);
  return mha;
};

/** As after a power loss of the manager: neither MHA nor the guard is left. */
const abandon = async (mha: Running): Promise<void> => {
  const guard = (await lab.newestRecord())?.entries.find(entry => entry.type === 'guard');
  assert.ok(guard !== undefined, 'the record does not name the guard');
  await lab.mustExec('mgr', ['kill', '-9', String(guard.pid)]);
  mha.kill('SIGKILL');
  await mha.ended;
};

const assertWritesWork = async (): Promise<void> => {
  const session = await openSession(lab);
  assert.equal(await session.ask('SELECT @@hostname, @@read_only'), 'db1\t0');
  session.close();
};

test('while MHA and its guard live, recover tells who they are and refuses', async () => {
  const mha = await stopAndGoOn();
  const before = await lab.states();
  for (const args of [[], ['--yes']]) {
    const refused = await lab.helper('recover', 'lab', ...args);
    assertExit(refused, 1);
    assert.match(refused.stdout, /WAIT +MHA is alive \(process \d+\)/);
    assert.match(refused.stdout, /WAIT +the guard is alive \(process \d+\)/);
  }
  assert.deepEqual(await lab.states(), before);
  assert.match((await lab.helper('history')).stdout, / under way /);
  await abandon(mha);
});

test('an abandoned stop is shown first and put back with --yes; then there is nothing left to do', async () => {
  const original = await lab.states();
  await abandon(await stopAndGoOn());
  const stopped = await lab.states();
  const shown = await lab.helper('recover', 'lab');
  assertExit(shown, 1);
  assert.match(shown.stdout, /^failover lab-1 is HALF DONE: db1 -> db2/);
  assert.match(shown.stdout, /^ {2}- +put back on db1: .*read_only/m);
  assert.match(shown.stdout, /^ {2}- +nothing on db2/m);
  assert.match(
    shown.stdout,
    /^ {2}ok +db2 is read-only, was not writable in this failover, and is a replica of\s+db1$/m,
  );
  assert.match(shown.stdout, /To do it: mha-helper recover lab --yes$/m);
  assert.deepEqual(await lab.states(), stopped);
  assert.match((await lab.helper('history')).stdout, /^lab-1 .* half done /m);

  assertExit(await lab.helper('recover', 'lab', '--yes'), 0);
  assert.deepEqual(await lab.states(), original);
  await assertWritesWork();
  const again = await lab.helper('recover', 'lab', '--yes');
  assertExit(again, 0);
  assert.match(again.stdout, /^cluster lab: failover lab-1 left nothing half done$/m);
  assert.match((await lab.helper('history')).stdout, /^lab-1 .* recovered .* released$/m);
});

test('nothing is put back when the new master has become writable', async () => {
  await abandon(await stopAndGoOn());
  await lab.sql('db2', 'SET GLOBAL read_only = 0');
  const before = await lab.states();
  const refused = await lab.helper('recover', 'lab', '--yes');
  assertExit(refused, 1);
  assert.match(refused.stdout, /^ {2}NO +db2 is writable: it may be the master by now$/m);
  assert.deepEqual(await lab.states(), before);
});

test('a switch by real MHA is shown with its states, exit codes, versions and the pause that is MHA’s own', async () => {
  assertExit(await lab.switchMaster({to: 'db2'}), 0);
  const {code, stdout} = await lab.helper('show', 'lab-1');
  assert.equal(code, 0);
  for (const line of stdout.split('\n')) assert.ok(line.length <= 80, line);
  assert.match(stdout, /^lab-1: DONE - online, db1 -> db2$/m);
  assert.match(stdout, /^ {2}db1 +agent \d\S+, 10\./m);
  assert.match(stdout, /^ {4}db1: read_only off -> on/m);
  assert.match(stdout, /^ {4}db2: VIP absent -> 10\.77\.0\.100\/24$/m);
  assert.match(stdout, /^ {2}MHA's own time +[\d.]+ m?s [|│] *[.░]+ *[|│]$/m);
  assert.match(stdout, /^online start: done, exit 0, /m);
  const json = JSON.parse((await lab.helper('show', 'lab-1', '--json')).stdout);
  assert.ok(json.write_outage.duration_ms > 0, JSON.stringify(json.write_outage));
  assert.deepEqual(json.missing, []);
});
