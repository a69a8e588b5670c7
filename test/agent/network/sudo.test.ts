import assert from 'node:assert/strict';
import {chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {type TestContext, test} from 'node:test';
import {createLog} from '../../../agent/log.ts';
import {CommandFailed} from '../../../agent/network/command.ts';
import {createNetwork, type Network} from '../../../agent/network/network.ts';

const signal = new AbortController().signal;
const dba = {uid: 1000, username: 'mha-helper'};

/** A host with just these tools, each a shell script. */
const hostWith = async (t: TestContext, tools: Record<string, string>, user = dba): Promise<[Network, string]> => {
  const directory = mkdtempSync(join(tmpdir(), 'mha-sudo-'));
  t.after(() => rmSync(directory, {recursive: true}));
  for (const [name, body] of Object.entries(tools)) {
    writeFileSync(join(directory, name), `#!/bin/sh\n${body.replaceAll('DIR', directory)}\n`);
    chmodSync(join(directory, name), 0o755);
  }
  return [
    await createNetwork({log: createLog(() => {}), cidrs: ['10.0.0.50/24'], directories: [directory], user}),
    directory,
  ];
};

const failureOf = async (work: Promise<unknown>): Promise<CommandFailed> => {
  const error = await work.then(
    () => assert.fail('it should have failed'),
    (cause: unknown) => cause,
  );
  assert.ok(error instanceof CommandFailed);
  return error;
};

const ip = 'echo "ip $*"';
const iputils = '[ "$1" = -V ] && echo arping from iputils 20221126';

test('without sudo on the host the exact sudoers line is told', async t => {
  const [network, directory] = await hostWith(t, {ip, arping: iputils});
  const work = (async () => network.run('ip', ['addr'], {sudo: true, signal}))();
  const {message, hint} = await failureOf(work);
  assert.match(message, /sudo is not installed/);
  const line = `mha-helper ALL=(root) NOPASSWD: ${directory}/ip, ${directory}/arping`;
  assert.ok(hint.includes(`add to /etc/sudoers.d/mha-helper: ${line} `), hint);
});

test('a sudo that refuses makes the exact sudoers line told', async t => {
  const sudo = 'echo "sudo: a password is required" >&2; exit 1';
  const [network, directory] = await hostWith(t, {ip, arping: iputils, sudo});
  const {message, hint} = await failureOf(network.run('ip', ['addr'], {sudo: true, signal}));
  assert.match(message, /^ip addr exited with 1: sudo: a password is required$/);
  const line = `mha-helper ALL=(root) NOPASSWD: ${directory}/ip, ${directory}/arping`;
  assert.equal(hint, `sudo refuses: add to /etc/sudoers.d/mha-helper: ${line}`);
});

test('a command that fails behind a willing sudo is not blamed on sudo', async t => {
  const sudo = '[ "$2" = -l ] && exit 0; shift; exec "$@"';
  const [network] = await hostWith(t, {ip: 'echo "Cannot find device" >&2; exit 1', sudo});
  const {message, hint} = await failureOf(network.run('ip', ['addr'], {sudo: true, signal}));
  assert.match(message, /Cannot find device/);
  assert.equal(hint, '');
});

test('sudo never asks for a password and gets the absolute path', async t => {
  const [network, directory] = await hostWith(t, {ip, sudo: 'echo "$*" > DIR/asked; shift; exec "$@"'});
  assert.equal((await network.run('ip', ['addr', 'show'], {sudo: true, signal})).stdout, 'ip addr show');
  assert.equal(readFileSync(join(directory, 'asked'), 'utf8'), `-n ${directory}/ip addr show\n`);
});

test('root needs no sudo, and neither does who was not asked for it', async t => {
  const sudo = 'exit 1';
  const [asRoot] = await hostWith(t, {ip, sudo}, {uid: 0, username: 'root'});
  assert.equal((await asRoot.run('ip', ['addr'], {sudo: true, signal})).stdout, 'ip addr');
  const [notAsked] = await hostWith(t, {ip, sudo});
  assert.equal((await notAsked.run('ip', ['addr'], {sudo: false, signal})).stdout, 'ip addr');
});

test('arping is recognised by what it is, not by its name', async t => {
  const habets = 'echo "ARPing 2.23, by Thomas Habets <thomas@habets.se>"; exit 1';
  const busybox = 'echo "BusyBox v1.35.0 multi-call binary." >&2; exit 1';
  assert.equal((await hostWith(t, {ip, arping: iputils}))[0].tools.arpingKind, 'iputils');
  assert.equal((await hostWith(t, {ip, arping: habets}))[0].tools.arpingKind, 'habets');
  const [network, directory] = await hostWith(t, {ip, arping: busybox});
  assert.equal(network.tools.arpingKind, 'none');
  assert.match(network.warnings.join('\n'), new RegExp(`${directory}/arping is no arping this agent knows`));
});

test('a missing tool is told with its package', async t => {
  const [network] = await hostWith(t, {});
  assert.match(network.warnings.join('\n'), /ip is missing: .*install iproute2/);
  const work = (async () => network.run('ip', ['addr'], {sudo: false, signal}))();
  assert.equal((await failureOf(work)).hint, 'install the package iproute2');
});
