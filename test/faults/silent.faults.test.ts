import assert from 'node:assert/strict';
import type {Finished} from '../lab/run.ts';
import {addresses} from '../lab/topology.ts';
import {assertNeverTwo, recognise} from './expect.ts';
import {clusterKeys, hookBoundMs} from './scene.ts';
import {assertEnd, setStage} from './stage.ts';

const stage = setStage('Name servers and mail servers that say nothing, inside real MHA');

/** A report may cost this much (controller/hook/report.ts). */
const reportBoundMs = 15_000;

/** Takes whatever comes on this port of the client's host, and answers none of it. */
const startSilence = async (kind: 'tcp' | 'udp', port: number): Promise<() => Promise<void>> => {
  const program = {
    tcp: `require('net').createServer(() => {}).listen(${port})`,
    udp: `require('dgram').createSocket('udp4').bind(${port})`,
  };
  const server = await stage.scene.spawn('client', [process.execPath, '-e', program[kind]], {log: '/var/log/silence'});
  return async () => {
    server.kill('SIGKILL');
    await server.ended;
  };
};

/** The manager's only name server is there and says nothing. Ends when the returned act has run. */
const silenceDns = async (): Promise<() => Promise<void>> => {
  const end = await startSilence('udp', 53);
  const resolver = `nameserver ${addresses.client}`;
  await stage.scene.mustExec('mgr', [
    'sh',
    '-c',
    `mv /etc/resolv.conf /etc/resolv.kept; echo ${resolver} >/etc/resolv.conf`,
  ]);
  return async () => {
    await stage.scene.mustExec('mgr', ['sh', '-c', 'rm /etc/resolv.conf; mv /etc/resolv.kept /etc/resolv.conf']);
    await end();
  };
};

const seconds = ({durationMs}: Pick<Finished, 'durationMs'>): string => `${Math.round(durationMs / 100) / 10} s`;

const said = ({stdout, stderr}: Finished): string => stdout + stderr;

stage.scenario('DNS silent', 'online switch by MHA, agents known by address', async () => {
  const end = await silenceDns();
  const finished = await stage.scene.switchMaster({to: 'db2'}).finally(end);
  assert.equal(finished.code, 0, said(finished));
  await stage.assertRest('new master serves');
  return `the switch asks no name server: done after ${seconds(finished)}`;
});

stage.scenario('DNS silent', 'online switch by MHA, an agent known by a name', async () => {
  await stage.scene.writeClusterConfig({
    defaults: clusterKeys,
    hosts: {db2: {agent_address: 'db2.no-such-zone.test'}},
  });
  const end = await silenceDns();
  const finished = await stage.scene.switchMaster({to: 'db2'}).finally(end);
  await stage.scene.writeClusterConfig({defaults: clusterKeys});
  assert.notEqual(finished.code, 0, said(finished));
  assert.match(said(finished), /agent on db2/);
  assert.ok(finished.durationMs < hookBoundMs, `${finished.durationMs} ms`);
  await stage.assertRest('as before');
  return `refused after ${seconds(finished)}`;
});

stage.scenario('SMTP silent', 'hard failover by MHA, with a report', async () => {
  const smtp = {report_email: 'dba@example.info', smtp_host: `${addresses.client}:2525`};
  await stage.scene.renew(smtp);
  const end = await startSilence('tcp', 2525);
  await stage.scene.killDb('db1');
  const finished = await stage.scene.failover({dead: 'db1'}).finally(end);
  assert.equal(finished.code, 0, said(finished));
  assert.match(said(finished), /could not send the report through .*: not done within 10 s/);
  assert.deepEqual(await stage.scene.vipHolders(), ['db2']);
  const [db2] = await stage.scene.sql('db2', 'SELECT @@read_only AS read_only');
  assert.equal(Number(db2?.read_only), 0);
  assertNeverTwo(stage.scene);
  assert.ok(finished.durationMs < hookBoundMs + reportBoundMs, `${finished.durationMs} ms`);
  await stage.scene.renew();
  return `the master is moved, and MHA is told after ${seconds(finished)} that nobody got the mail`;
});

stage.scenario('SMTP silent', 'a guard that has put a switch back', async () => {
  await stage.scene.writeClusterConfig({
    defaults: {...clusterKeys, report_email: 'dba@example.info', smtp_host: `${addresses.client}:2525`},
  });
  const end = await startSilence('tcp', 2525);
  try {
    assertEnd(await stage.mha.call('online stop'), 0);
    await stage.assertRest('as before'); // waits for the guard's end, too
  } finally {
    await stage.scene.writeClusterConfig({defaults: clusterKeys});
    await end();
  }
  assert.equal(recognise(await stage.scene.states()), 'as before');
  return 'writes are back, and the guard ends without its mail';
});
