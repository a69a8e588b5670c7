// requires_sudo = yes with the real sudo and the real commands, as an account that may do nothing without it. The sudoers file
// is bound over the machine's own, inside a mount namespace of each command: the machine's own is never touched.
import assert from 'node:assert/strict';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {type Instance, openInstance} from '../../../agent/mysql/instance.ts';
import type {Network} from '../../../agent/network/network.ts';
import {acquireVip} from '../../../agent/operation/acquire-vip.ts';
import {releaseVip} from '../../../agent/operation/release-vip.ts';
import {Refused} from '../../../agent/refusal.ts';
import {createLan, type Lan, type LanHost} from '../../fixtures/netns.ts';
import {aVip, recordContext} from '../../fixtures/netns-context.ts';
import {eventually} from '../../fixtures/netns-wait.ts';

let lan: Lan;
let db1: LanHost;
let client: LanHost;
let network: Network;
let instance: Instance;
const user = {uid: 65_534, username: 'nobody'};
const vip = aVip({sudo: true, tombstoneMs: 60_000});
const directory = mkdtempSync(join(tmpdir(), 'mha-sudoers-'));
const sudoers = join(directory, 'sudoers');

const allow = (...lines: string[]): void => {
  rmSync(sudoers, {force: true});
  writeFileSync(sudoers, ['Defaults env_reset, use_pty', ...lines, ''].join('\n'), {mode: 0o440});
};

before(async () => {
  lan = await createLan({hosts: 2});
  [db1, client] = lan.hosts as [LanHost, LanHost];
  allow();
  // `ip netns exec` has made a mount namespace already
  const become = `mount --bind ${sudoers} /etc/sudoers && exec setpriv --reuid ${user.uid} --regid ${user.uid} --clear-groups "$@"`;
  network = await db1.network({user, prefix: [...db1.prefix, 'sh', '-c', become, 'sh']});
  const nowhere = {kind: 'socket', path: '/nowhere'} as const;
  instance = openInstance({port: 3306, connect: nowhere, user: undefined, optionFile: undefined, excludeUsers: []});
});
after(async () => {
  instance.close();
  await lan.dispose();
  rmSync(directory, {recursive: true});
});

const acquire = () => acquireVip(recordContext(network), {vips: [vip]});
const release = () => releaseVip(recordContext(network, undefined, instance), {vips: [vip]});

/** The line that a failure without it tells to add. */
const toldLine = async (): Promise<string> => {
  const refusal = await acquire().catch((error: unknown) => error);
  assert.ok(refusal instanceof Refused, String(refusal));
  assert.match(refusal.message, /sudo: a password is required|sudo: .*not allowed/);
  const [, line] = /^sudo refuses: add to \/etc\/sudoers\.d\/mha-helper: (.*)$/.exec(refusal.hint ?? '') ?? [];
  assert.ok(line, refusal.hint);
  return line;
};

test('without its line in sudoers nothing changes and the line is told; with exactly that line all works', async () => {
  allow();
  const line = await toldLine();
  assert.match(line, /^nobody ALL=\(root\) NOPASSWD: \/usr\/sbin\/ip, /);
  assert.deepEqual(db1.addresses(), [db1.cidr, db1.cidr6]);

  allow(line);
  const capture = await client.capture('arp host 10.77.0.50');
  assert.deepEqual(await acquire(), {changed: true, notes: []});
  assert.ok(db1.addresses().includes(vip.cidr));
  await eventually(() => (capture.frames().some(({text}) => text.includes('is-at')) ? true : undefined));

  const {changed, notes} = await release();
  assert.deepEqual([changed, notes.filter(note => !note.includes('took longer'))], [true, []]);
  assert.deepEqual(db1.addresses(), [db1.cidr, db1.cidr6]);
  await eventually(() => (db1.exec('nft', 'list', 'ruleset').includes('10.77.0.50') ? true : undefined));
  await network.tombstones.close();
  assert.equal(db1.exec('nft', 'list', 'ruleset'), '');
});

test('a line that allows less is no line: the whole one is told', async () => {
  allow('nobody ALL=(root) NOPASSWD: /usr/bin/arping');
  assert.match(await toldLine(), /\/usr\/sbin\/ip, .*arping/);
});
