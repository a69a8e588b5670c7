// Two unrelated packages call their program arping, and conflict with each other. Everything here runs with the program of
// each, and tells them apart by what they are.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {mkdtempSync, rmSync, symlinkSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, before, describe, type TestContext, test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {announce} from '../../../agent/network/announce.ts';
import {detectDuplicate} from '../../../agent/network/detect-duplicate.ts';
import type {Network} from '../../../agent/network/network.ts';
import {whoHas} from '../../../agent/network/who-has.ts';
import {acquireVip} from '../../../agent/operation/acquire-vip.ts';
import {createLan, type Lan, type LanHost} from '../../fixtures/netns.ts';
import {aVip, recordContext} from '../../fixtures/netns-context.ts';
import {eventually} from '../../fixtures/netns-wait.ts';

let lan: Lan;
let db1: LanHost;
let db2: LanHost;
let client: LanHost;
const vip = aVip();
const taken = aVip({cidr: '10.77.0.60/24'});
const signal = new AbortController().signal;
const fixtures = fileURLToPath(new URL('../../fixtures', import.meta.url));
const habets = fileURLToPath(new URL('../../../.cache/habets-arping', import.meta.url));
const programs = {iputils: '/usr/bin/arping', habets: join(habets, 'bin/arping')} as const;

before(async () => {
  execFileSync(join(fixtures, 'get-habets-arping.sh'), [habets], {stdio: ['ignore', 'ignore', 'inherit']});
  lan = await createLan({hosts: 3});
  [db1, db2, client] = lan.hosts as [LanHost, LanHost, LanHost];
  db2.exec('ip', 'addr', 'add', taken.cidr, 'dev', 'eth0');
});
after(() => lan.dispose());

/** db1 with this program as its arping, or with none. */
const networkWith = (t: TestContext, program: string | undefined): Promise<Network> => {
  const directory = mkdtempSync(join(tmpdir(), 'mha-arping-'));
  t.after(() => {
    rmSync(directory, {recursive: true});
    db1.exec('ip', 'addr', 'flush', 'dev', 'eth0', 'to', '10.77.0.50');
  });
  symlinkSync('/usr/sbin/ip', join(directory, 'ip'));
  if (program !== undefined) symlinkSync(program, join(directory, 'arping'));
  return db1.network({cidrs: [vip.cidr], directories: [directory]});
};

for (const [kind, program] of Object.entries(programs)) {
  describe(`the arping of ${kind}`, () => {
    test('is told by what it is', async t => {
      const {tools, warnings} = await networkWith(t, program);
      assert.deepEqual([tools.arpingKind, warnings], [kind, []]);
    });

    test('announces with a request and a reply, both sent when announce returns', async t => {
      const network = await networkWith(t, program);
      db1.exec('ip', 'addr', 'add', vip.cidr, 'dev', 'eth0');
      const capture = await client.capture('arp host 10.77.0.50');
      assert.equal(await announce(network, vip, signal), undefined);
      const returned = performance.timeOrigin + performance.now();
      await network.announcers.close();
      const frames = await eventually(() => (capture.frames().length >= 2 ? capture.frames() : undefined));
      const texts = frames.map(({text}) => text);
      assert.ok(
        texts.some(text => /Request who-has 10\.77\.0\.50 .*tell 10\.77\.0\.50/.test(text)),
        texts.join('\n'),
      );
      assert.ok(
        texts.some(text => text.includes(`Reply 10.77.0.50 is-at ${db1.mac}`)),
        texts.join('\n'),
      );
      for (const {atMs, text} of frames.slice(0, 2)) {
        assert.match(text, new RegExp(`^${db1.mac} > ff:ff:ff:ff:ff:ff`));
        assert.ok(atMs < returned + 5, `the frame left ${atMs - returned} ms after announce had returned`);
      }
    });

    test('hears a machine that has the address, and silence for a free one', async t => {
      const network = await networkWith(t, program);
      const heard = await detectDuplicate(network, {...taken, detectMs: 500}, signal);
      assert.deepEqual(heard, {macs: [db2.mac], note: undefined});
      assert.deepEqual(await detectDuplicate(network, {...vip, detectMs: 200}, signal), {macs: [], note: undefined});
      assert.deepEqual(await whoHas(network, taken, {deadlineMs: 500, signal}), [db2.mac]);
    });

    test('makes an acquire complete, without a note', async t => {
      const network = await networkWith(t, program);
      const {changed, notes} = await acquireVip(recordContext(network), {vips: [vip]});
      assert.deepEqual([changed, notes], [true, []]);
      assert.ok(db1.addresses().includes(vip.cidr));
      await network.announcers.close();
      await assert.rejects(acquireVip(recordContext(network), {vips: [taken]}), /answers for it/);
    });
  });
}

test('without any arping the address comes all the same, with notes and a warning', async t => {
  const network = await networkWith(t, undefined);
  const {changed, notes} = await acquireVip(recordContext(network), {vips: [vip]});
  assert.equal(changed, true);
  assert.ok(db1.addresses().includes(vip.cidr));
  for (const what of [/no duplicate address detection: .*arping is missing/, /was not announced .*arping is missing/])
    assert.match(notes.join('\n'), what);
  assert.match(network.warnings.join('\n'), /arping is missing: .*install iputils-arping/);
});
