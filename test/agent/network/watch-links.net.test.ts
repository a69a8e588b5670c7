import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {createLog} from '../../../agent/log.ts';
import {readLinkEvents, watchLinks} from '../../../agent/network/watch-links.ts';
import {createLan, type Lan, type LanHost} from '../../fixtures/netns.ts';
import {eventually} from '../../fixtures/netns-wait.ts';
import {commandsIn} from '../../fixtures/standing-ip.ts';

let lan: Lan;
let db1: LanHost;

before(async () => {
  lan = await createLan({hosts: 1});
  [db1] = lan.hosts as [LanHost];
});
after(() => lan.dispose());

test('only a link that was away and is back is told', async t => {
  const network = await db1.network();
  const back: string[] = [];
  const watch = watchLinks({network, log: createLog(() => {}), onBack: name => void back.push(name)});
  t.after(() => watch.stop());
  await new Promise(resolve => setTimeout(resolve, 300));
  db1.exec('ip', 'link', 'set', 'eth0', 'mtu', '1400');
  db1.exec('ip', 'link', 'set', 'lo', 'up');
  db1.cable('out');
  await new Promise(resolve => setTimeout(resolve, 200));
  assert.deepEqual(back, []);
  db1.cable('in');
  await eventually(() => back[0]);
  assert.deepEqual(back, ['eth0']);
});

// a macvlan is listed as a VLAN is, eth0.7@eth0, and every kernel we test on has it
test('an interface on top of another comes back with it', async t => {
  db1.exec('ip', 'link', 'add', 'link', 'eth0', 'name', 'eth0.7', 'type', 'macvlan');
  db1.exec('ip', 'link', 'set', 'eth0.7', 'up');
  const network = await db1.network();
  const back: string[] = [];
  const watch = watchLinks({network, log: createLog(() => {}), onBack: name => void back.push(name)});
  t.after(() => watch.stop());
  await new Promise(resolve => setTimeout(resolve, 300));
  db1.cable('out');
  await new Promise(resolve => setTimeout(resolve, 200));
  db1.cable('in');
  await eventually(() => (back.includes('eth0.7') && back.includes('eth0') ? true : undefined));
});

test('a monitor that is killed is started again, and what happened meanwhile is seen', async t => {
  const network = await db1.network();
  const lines: string[] = [];
  const back: string[] = [];
  const log = createLog(line => void lines.push(line));
  const watch = watchLinks({network, log, onBack: name => void back.push(name), againMs: 300});
  t.after(() => watch.stop());
  await new Promise(resolve => setTimeout(resolve, 300));
  const [monitor = 0] = commandsIn(db1.namespace, /ip\0.*monitor\0/);
  process.kill(monitor, 'SIGKILL');
  await eventually(() => (lines.join('').includes('ip monitor ended; it is started again') ? true : undefined));
  db1.cable('out');
  await new Promise(resolve => setTimeout(resolve, 700));
  db1.cable('in');
  await eventually(() => (back.includes('eth0') ? true : undefined));
});

test('lines that are no link events are none', () => {
  assert.deepEqual(readLinkEvents('    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff'), []);
  assert.deepEqual(readLinkEvents('Deleted 7: eth0.7@eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500'), [
    {name: 'eth0.7', up: false},
  ]);
});
