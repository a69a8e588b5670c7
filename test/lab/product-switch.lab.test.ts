import assert from 'node:assert/strict';
import {after, before, beforeEach, test} from 'node:test';
import {accounts} from './accounts.ts';
import {poll} from './poll.ts';
import {breakableHooks, createProductLab, type ProductLab} from './product-lab.ts';
import type {Finished} from './run.ts';
import {openSession} from './session.ts';
import {type DbHost, dbHosts} from './topology.ts';
import {startWriter} from './writer.ts';

let lab: ProductLab;
before(async () => {
  lab = await createProductLab();
});
after(() => lab.dispose());
beforeEach(() => lab.reset());

const saidBy = ({code, stdout, stderr}: Finished): string => `exit code ${code}\n${stdout}${stderr}`;

/** One writable host with the VIP; the others are read-only replicas of it. */
const assertMasterIs = async (master: DbHost): Promise<void> => {
  const states = await lab.states();
  for (const host of dbHosts) {
    const {readOnly, holdsVip} = states[host];
    assert.deepEqual({host, readOnly, holdsVip}, {host, readOnly: host !== master, holdsVip: host === master});
  }
};

const assertSwitches = async (to: DbHost, extraArgs: readonly string[] = []): Promise<Finished> => {
  const finished = await lab.switchMaster({to, extraArgs});
  assert.equal(finished.code, 0, saidBy(finished));
  await assertMasterIs(to);
  return finished;
};

/** How long one phase of the newest failover took, from its record: what MHA does around it is not ours. */
const durationOf = async (phase: string): Promise<number> => {
  const entries = (await lab.newestRecord())?.entries ?? [];
  const begin = entries.find(entry => entry.type === 'phase' && entry.phase === phase);
  const end = entries.find(entry => entry.type === 'end' && entry.phase === phase);
  assert.ok(begin?.type === 'phase' && end?.type === 'end', `no whole ${phase} in the record`);
  return end.atMs - begin.atMs;
};

test('real MHA switches there and back; the VIP follows, and a writer loses and duplicates nothing', async () => {
  const writer = await startWriter(lab, {writers: 2, shape: 'pair'});
  for (const to of ['db2', 'db1'] as const) {
    const {outage} = await writer.around(to, () => assertSwitches(to));
    assert.ok(!outage.open && outage.outageMs > 0, JSON.stringify(outage));
    assert.equal((await lab.states())[to].rules, '', 'a tombstone would refuse the clients of a working master');
  }
  const {acknowledged, lost, duplicated, halves, unresolved} = await writer.finish('db1');
  assert.deepEqual({lost, duplicated, halves, unresolved}, {lost: 0, duplicated: 0, halves: 0, unresolved: 0});
  assert.ok(acknowledged > 100, `only ${acknowledged} writes`);
  for (const replica of ['db2', 'db3'] as const) await lab.compare(replica, 'db1');
});

/** Kinds of the changes that the agent wrote into its journal, one list for each time. */
const journaledOn = async (host: DbHost): Promise<readonly string[]> => {
  const journal = await lab.read(host, '/var/lib/mha-helper-agent/journal.jsonl');
  const lines = journal.split('\n').filter(line => line !== '');
  const written = lines.map(line => JSON.parse(line) as {readonly changes?: readonly {readonly kind: string}[]});
  return written.flatMap(({changes}) => (changes ? [changes.map(({kind}) => kind).join(' ')] : []));
};

test('the old master refuses who connects from its demotion on, not only when its VIP goes', async () => {
  await assertSwitches('db2');
  const [demotion, release] = await journaledOn('db1');
  assert.equal(demotion, 'read_only tombstone');
  assert.match(release ?? '', /vip$/);
});

test('a switch leaves its time, result and outage for Prometheus', async () => {
  await lab.mustExec('mgr', ['mkdir', '-p', '/run/textfile']);
  await lab.reset({cluster: {metrics_textfile_dir: '/run/textfile'}});
  const finished = await assertSwitches('db2');
  assert.doesNotMatch(saidBy(finished), /metrics could not be written/);
  const file = '/run/textfile/mha_helper_lab.prom';
  const page = await poll('the metrics', () => lab.read('mgr', file).catch(() => undefined)); // by a process of its own
  const value = (metric: string): number =>
    Number(page.match(new RegExp(`^mha_helper_failover_last_${metric} (.*)$`, 'm'))?.[1]);
  assert.ok(Math.abs(value('timestamp_seconds{cluster="lab"}') - Date.now() / 1000) < 120, page);
  assert.equal(value('result{cluster="lab",result="done"}'), 1, page);
  assert.equal(value('fencing{cluster="lab",fencing="released"}'), 1, page);
  assert.ok(value('outage_seconds{cluster="lab"}') > 0 && value('outage_seconds{cluster="lab"}') < 30, page);
});

test('the first gratuitous ARP is on the wire within 100 ms of the address, and it is repeated', async () => {
  const session = await openSession(lab); // whoever asks nobody for an address remembers no answer either
  const frames = await lab.spawn('client', ['tcpdump', '-l', '-n', '-e', '-tt', '-i', 'eth0', 'arp'], {
    log: '/var/log/frames',
  });
  const changes = await lab.spawn('db2', ['ip', '-ts', '-o', 'monitor', 'address'], {log: '/var/log/changes'});
  try {
    await assertSwitches('db2');
    const added = /^\[([^\]]+)\].* 10\.77\.0\.100\/24 /m.exec(await changes.output())?.[1];
    const mac = (await lab.read('db2', '/sys/class/net/eth0/address')).trim();
    // Without a zone, as `ip` prints it: the lab's hosts share this process's.
    const addedAt = Date.parse(added ?? '') / 1000;
    const gratuitous = (await lab.read('client', '/var/log/frames'))
      .split('\n')
      .filter(
        line =>
          line.includes(`${mac} > `) && /who-has 10\.77\.0\.100 .*tell 10\.77\.0\.100|10\.77\.0\.100 is-at/.test(line),
      )
      .map(line => Number.parseFloat(line));
    const [first = Number.NaN] = gratuitous;
    assert.ok(first - addedAt < 0.1, `address at ${addedAt}, first frame at ${first}`);
    assert.ok(gratuitous.length > 2, `${gratuitous.length} frames`);
    assert.equal((await lab.exec('client', ['ip', 'neighbour', 'show', '10.77.0.100'])).stdout.includes(mac), true);
  } finally {
    session.close();
    frames.kill();
    changes.kill();
  }
});

test('of 50 connections the 40 idle ones do not cost the grace', async () => {
  await lab.writeClusterConfig({defaults: {kill_after_timeout: '5'}});
  const writer = await startWriter(lab, {writers: 10, idle: 40, rate: 20});
  await poll('50 connections', async () => {
    const [row] = await lab.sql('db1', "SELECT COUNT(*) AS n FROM information_schema.processlist WHERE user = 'app'");
    return Number(row?.n) === 50 ? true : undefined;
  });
  const {outage} = await writer.around('idle', () => assertSwitches('db2'));
  const report = await writer.finish('db2');
  assert.ok(!outage.open && report.lost === 0 && report.duplicated === 0, JSON.stringify(report));
  const stopMs = await durationOf('online stop');
  assert.ok(stopMs < 2500, `stop took ${stopMs} ms of a grace of 5000`);
});

test('a client in a transaction gets its grace, and its COMMIT then fails instead of being lost silently', async () => {
  await lab.writeClusterConfig({defaults: {kill_after_timeout: '2'}});
  await lab.sql('db1', 'CREATE TABLE IF NOT EXISTS app.notes (id INT PRIMARY KEY)');
  const session = await openSession(lab);
  await session.ask('BEGIN; INSERT INTO app.notes VALUES (1)');
  await assertSwitches('db2');
  assert.match(await session.ask('COMMIT'), /ERROR/);
  session.close();
  assert.ok((await durationOf('online stop')) > 1900);
  assert.deepEqual(await lab.sql('db2', 'SELECT id FROM app.notes'), []);
});

test('a running UPDATE and LOCK TABLES WRITE do not stop a switch', async () => {
  const [update, lock] = [await openSession(lab), await openSession(lab)];
  await lab.sql('db1', 'CREATE TABLE IF NOT EXISTS app.locked (id INT PRIMARY KEY)');
  await lock.ask('LOCK TABLES app.locked WRITE');
  update.send('UPDATE app.seed SET id = id + SLEEP(300)');
  // MHA would refuse these clients itself, or hang behind them in a FLUSH TABLES of its own.
  await assertSwitches('db2', ['--running_updates_limit=600', '--flush_tables=0']);
  const stopMs = await durationOf('online stop');
  assert.ok(stopMs < 10_000, `stop took ${stopMs} ms`);
  assert.deepEqual(await lab.sql('db2', 'SELECT id FROM app.seed'), [{id: 1}]);
  for (const session of [update, lock]) session.close();
});

test("the predecessor's order, vip_release = first, switches too, and loses nothing", async () => {
  await lab.writeClusterConfig({defaults: {vip_release: 'first'}});
  const writer = await startWriter(lab, {shape: 'pair'});
  const {result} = await writer.around('first', () => assertSwitches('db2'));
  const said = result.stdout;
  assert.ok(said.indexOf('ok   release VIP') < said.indexOf('ok   demote  '), said);
  const {lost, duplicated, halves, unresolved} = await writer.finish('db2');
  assert.deepEqual({lost, duplicated, halves, unresolved}, {lost: 0, duplicated: 0, halves: 0, unresolved: 0});
});

test('a running event scheduler moves with the master', async () => {
  await lab.sql('db1', 'SET GLOBAL event_scheduler = ON');
  await assertSwitches('db2');
  const {db1, db2, db3} = await lab.states();
  assert.deepEqual([db1.eventScheduler, db2.eventScheduler, db3.eventScheduler], ['OFF', 'ON', 'OFF']);
});

test("every printable character in MHA's password passes through a real switch, and stays out of log and record", async () => {
  const printable = String.fromCharCode(...Array.from({length: 94}, (_, index) => index + 33));
  const password = `${printable.slice(0, 40)} ${printable.slice(40)}`;
  const at = "'10.77.0.%'";
  await lab.sql('db1', `ALTER USER ${accounts.mha.user}@${at} IDENTIFIED BY ${sqlText(password)}`);
  for (const replica of ['db2', 'db3'] as const) await lab.catchUp(replica, 'db1');
  await lab.writeMhaConfig({...breakableHooks(), password});
  const there = await assertSwitches('db2');
  // However MHA escapes the rest, these stand in it as they are.
  const record = JSON.stringify((await lab.newestRecord())?.entries);
  assert.ok(!(there.stdout + there.stderr + record).includes('abcdefghijklmnopqrstuvwxyz'), 'the password was shown');
});

const sqlText = (text: string): string => `'${text.replace(/['\\]/g, '\\$&')}'`;
