// The moment in which the address goes: who connects then must not wait for a greeting that cannot be sent any more.
import assert from 'node:assert/strict';
import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {createInterface} from 'node:readline';
import {after, before, test} from 'node:test';
import {openInstance} from '../../../agent/mysql/instance.ts';
import {releaseVip} from '../../../agent/operation/release-vip.ts';
import {createLan, type Lan, type LanHost} from '../../fixtures/netns.ts';
import {aVip, recordContext} from '../../fixtures/netns-context.ts';

let lan: Lan;
let db1: LanHost;
let client: LanHost;
const vip = aVip({tombstoneMs: 60_000, detectMs: 0});
const address = '10.77.0.50';

before(async () => {
  lan = await createLan({hosts: 2});
  [db1, client] = lan.hosts as [LanHost, LanHost];
});
after(() => lan.dispose());

/** Like mysqld it speaks first, a moment after the connection. */
const server = `require('net').createServer(socket => {
  socket.on('error', () => {});
  setTimeout(() => socket.write('greeting'), 5);
}).listen(3306, () => console.log('listens'))`;

/** Connects again and again until its input ends; tells how many connections became nothing within a second. */
const knocker = `const {connect} = require('net');
const waiting = new Set();
let greeted = 0, refused = 0;
const knock = () => {
  const socket = connect(3306, '${address}');
  waiting.add(socket);
  socket.once('data', () => { greeted += 1; waiting.delete(socket); socket.destroy(); });
  socket.once('error', () => { refused += 1; waiting.delete(socket); });
};
const timer = setInterval(knock, 1);
process.stdin.once('end', () => {
  clearInterval(timer);
  setTimeout(() => { console.log(JSON.stringify({greeted, refused, waiting: waiting.size})); process.exit(); }, 900);
}).resume();
console.log('knocks')`;

const start = async (host: LanHost, script: string): Promise<[ChildProcess, AsyncIterator<string>]> => {
  const [file = '', ...args] = [...host.prefix, process.execPath, '-e', script];
  const child = spawn(file, args, {stdio: ['pipe', 'pipe', 'inherit']});
  const lines = createInterface({input: child.stdout})[Symbol.asyncIterator]();
  await lines.next();
  return [child, lines];
};

const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));

test('who connects while the address goes is greeted or refused, and does not wait', async t => {
  const network = await db1.network();
  const nowhere = {kind: 'socket', path: '/nowhere'} as const;
  const instance = openInstance({
    port: 3306,
    connect: nowhere,
    user: undefined,
    optionFile: undefined,
    excludeUsers: [],
  });
  const [greeter] = await start(db1, server);
  t.after(() => {
    greeter.kill('SIGKILL');
    instance.close();
  });
  const found = {greeted: 0, refused: 0, waiting: 0};
  for (let round = 0; round < 4; round += 1) {
    db1.exec('ip', 'addr', 'add', vip.cidr, 'dev', 'eth0');
    client.exec('ip', 'neigh', 'replace', address, 'lladdr', db1.mac, 'dev', 'eth0', 'nud', 'permanent');
    const [knocking, lines] = await start(client, knocker);
    await pause(100);
    await releaseVip(recordContext(network, undefined, instance), {vips: [vip]});
    await pause(50);
    knocking.stdin?.end();
    const {value} = await lines.next();
    const {greeted, refused, waiting}: typeof found = JSON.parse(value);
    found.greeted += greeted;
    found.refused += refused;
    found.waiting += waiting;
    await once(knocking, 'exit');
    await network.tombstones.withdraw(() => true, AbortSignal.timeout(2000));
  }
  assert.ok(found.greeted > 20 && found.refused > 20, JSON.stringify(found));
  // Where connections do not end before the address does, it is three or more in each round.
  assert.ok(found.waiting <= 2, JSON.stringify(found));
});
