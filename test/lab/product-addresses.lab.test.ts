// Writer VIPs of both families with real MHA: alone, and two at a time.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {accounts} from './accounts.ts';
import {createProductLab, type ProductLab} from './product-lab.ts';
import type {Finished} from './run.ts';
import {addresses6, type DbHost, dbHosts, labInterface, writerVip, writerVip6} from './topology.ts';
import {startWriter, type Writer} from './writer.ts';

let lab: ProductLab;

before(async () => {
  lab = await createProductLab({furnish: fresh => listenOnIPv6(fresh)});
});
after(() => lab.dispose());

const listenOnIPv6 = async ({mustExec}: Pick<ProductLab, 'mustExec'>): Promise<void> => {
  for (const host of dbHosts)
    await mustExec(host, ['sed', '-i', 's/^bind_address=.*/bind_address=*/', '/etc/mysql/my.cnf']);
};

const reset = async (vips: readonly string[]): Promise<void> => {
  await lab.reset({vips});
  const at = `${accounts.app.user}@'2001:db8:77::%'`;
  await lab.sql('db1', `CREATE USER ${at} IDENTIFIED BY '${accounts.app.password}'; GRANT ALL ON app.* TO ${at}`);
};

const saidBy = ({code, stdout, stderr}: Finished): string => `exit code ${code}\n${stdout}${stderr}`;
const addressOf = (vip: string): string => vip.slice(0, vip.indexOf('/'));

const startWriters = (vips: readonly string[]): Promise<readonly Writer[]> =>
  Promise.all(
    vips.map((vip, index) => startWriter(lab, {host: addressOf(vip), shape: 'pair', rate: 100, firstWriter: index})),
  );

/** MHA's part while all write; each of them must write again afterwards. */
const aroundAll = async (writers: readonly Writer[], label: string, act: () => Promise<Finished>): Promise<void> => {
  let acting: Promise<Finished> | undefined;
  const actOnce = async (): Promise<void> => {
    acting ??= act();
    const finished = await acting;
    assert.equal(finished.code, 0, saidBy(finished));
  };
  const outages = await Promise.all(writers.map(writer => writer.around(label, actOnce)));
  for (const {outage} of outages) assert.ok(!outage.open && outage.outageMs > 0, JSON.stringify(outage));
};

const assertNothingLost = async (writers: readonly Writer[], master: DbHost): Promise<void> => {
  for (const writer of writers) {
    const {acknowledged, lost, duplicated, halves} = await writer.finish(master);
    assert.deepEqual({lost, duplicated, halves}, {lost: 0, duplicated: 0, halves: 0});
    assert.ok(acknowledged > 100, `only ${acknowledged} writes`);
  }
};

const assertOnlyOn = async (host: DbHost, vips: readonly string[]): Promise<void> => {
  for (const vip of vips) assert.deepEqual(await lab.vipHolders(addressOf(vip)), [host], vip);
  const {stdout} = await lab.mustExec(host, ['ip', '-6', 'address', 'show', 'dev', labInterface, 'scope', 'global']);
  assert.match(stdout, /inet6 2001:db8:77::100\/64 scope global .*deprecated/);
  assert.doesNotMatch(stdout, /tentative/);
  assert.equal(await sourceSeenBy('db3', host), addresses6[host], 'the VIP must not be the source of a connection');
};

/** The address from which a connection of one host arrives at another's mysqld, by IPv6. */
const sourceSeenBy = async (server: DbHost, host: DbHost): Promise<string> => {
  const {user, password} = accounts.app;
  const login = ['--no-defaults', `--host=${addresses6[server]}`, `--user=${user}`, `--password=${password}`];
  const {stdout} = await lab.mustExec(host, ['mysql', ...login, '--skip-column-names', '--execute=SELECT USER()']);
  return stdout.trim().replace(`${user}@`, '');
};

const assertMovesWith = async (vips: readonly string[]): Promise<void> => {
  await reset(vips);
  const writers = await startWriters(vips);
  await aroundAll(writers, 'switch', () => lab.switchMaster({to: 'db2'}));
  await assertOnlyOn('db2', vips);
  const status = await lab.helper('status', 'lab');
  assert.equal(status.code, 0, saidBy(status));
  await aroundAll(writers, 'failover', async () => {
    await lab.killDb('db2');
    return lab.failover({dead: 'db2'});
  });
  await assertOnlyOn('db1', vips);
  await assertNothingLost(writers, 'db1');
};

test('an IPv6 VIP follows a switch and a hard failover, and its writer loses nothing', () =>
  assertMovesWith([writerVip6]));

test('two VIPs, IPv4 and IPv6, move together, and the writers on both lose nothing', () =>
  assertMovesWith([writerVip, writerVip6]));
