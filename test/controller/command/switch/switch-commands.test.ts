import assert from 'node:assert/strict';
import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {type TestContext, test} from 'node:test';
import type {SwitchEnvironment} from '../../../../controller/command/switch/run-master-switch.ts';
import {mysqlFailover, mysqlOnlineFailover} from '../../../../controller/command/switch/switch-commands.ts';
import {eventually} from '../../../fixtures/eventually.ts';

interface Stage {
  readonly directory: string;
  readonly complaints: string[];
  readonly environment: (...argv: readonly string[]) => SwitchEnvironment;
  /** The arguments that masterha_master_switch was run with. */
  readonly received: () => readonly string[];
}

/** A directory with a masterha_master_switch that does this. */
const stage = (t: TestContext, script: string | undefined): Stage => {
  const directory = mkdtempSync(join(tmpdir(), 'mha-helper-switch-'));
  t.after(() => rmSync(directory, {recursive: true, force: true}));
  const seen = join(directory, 'arguments');
  const program = join(directory, 'masterha_master_switch');
  if (script !== undefined)
    writeFileSync(program, `#!/bin/sh\nprintf '%s\\n' "$@" >${seen}\n${script}\n`, {mode: 0o755});
  const complaints: string[] = [];
  return {
    directory,
    complaints,
    environment: (...argv) => ({
      argv,
      directories: [join(directory, 'not-here'), directory],
      tell: line => void complaints.push(line),
      complain: line => void complaints.push(line),
      isTerminal: false,
    }),
    received: () => readFileSync(seen, 'utf8').trimEnd().split('\n'),
  };
};

const dead = [
  '--master_state=dead',
  '--interactive=0',
  '--ignore_last_failover',
  '--dead_master_host=db1',
  '--conf=x.cnf',
];

for (const spelling of [['-d', 'db1'], ['--dead_master_host=db1'], ['--dead-master-host', 'db1']]) {
  test(`a dead master is named with ${spelling[0]}`, async t => {
    const {environment, received} = stage(t, 'exit 0');
    assert.equal(await mysqlFailover(environment(...spelling, '-c', 'x.cnf')), 0);
    assert.deepEqual(received(), dead);
  });
}

test('what follows -- goes to MHA as it is', async t => {
  const {environment, received} = stage(t, 'exit 0');
  const more = ['--dead_master_ip=10.0.0.1', '--skip_disable_read_only', '-c', 'a b'];
  assert.equal(await mysqlFailover(environment('-d', 'db1', '--conf=x.cnf', '--', ...more)), 0);
  assert.deepEqual(received(), [...dead, ...more]);
});

test('an online switch makes the old master a replica, and the exit code is that of MHA', async t => {
  const {environment, received} = stage(t, 'exit 37');
  assert.equal(await mysqlOnlineFailover(environment('-c', 'x.cnf')), 37);
  assert.deepEqual(received(), [
    '--master_state=alive',
    '--orig_master_is_new_slave',
    '--interactive=0',
    '--conf=x.cnf',
  ]);
});

test('an end by signal is told as shells do', async t => {
  const {environment} = stage(t, 'kill -KILL $$');
  assert.equal(await mysqlOnlineFailover(environment('-c', 'x.cnf')), 137);
});

test('without MHA the message names its package', async t => {
  const {environment, complaints} = stage(t, undefined);
  assert.equal(await mysqlOnlineFailover(environment('-c', 'x.cnf')), 1);
  assert.match(complaints.join('\n'), /masterha_master_switch is in none of .*\n.*mha4mysql-manager/);
});

for (const argv of [[], ['-c', 'x.cnf'], ['-d', 'db1'], ['-d', 'db1', '-c', 'x.cnf', 'extra'], ['--nonsense']]) {
  test(`mysql_failover ${argv.join(' ')} is refused before anything runs`, async t => {
    const {environment, received} = stage(t, 'exit 0');
    assert.equal(await mysqlFailover(environment(...argv)), 2);
    assert.throws(received);
  });
}

/** The command in a process of its own, as an operator has it. */
const inProcess = ({directory}: Stage): ChildProcess => {
  const module = JSON.stringify(join(import.meta.dirname, '../../../../controller/command/switch/switch-commands.ts'));
  const code = `import(${module}).then(async ({mysqlOnlineFailover}) => process.exit(await mysqlOnlineFailover(
    {argv: ['-c', 'x.cnf'], directories: [${JSON.stringify(directory)}], tell() {}, complain() {}, isTerminal: false})))`;
  return spawn(process.execPath, ['--import', 'tsx', '-e', code], {stdio: 'ignore'});
};

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`${signal} reaches MHA, which may clean up before it ends`, async t => {
    const name = signal.slice(3);
    const prepared = stage(t, `trap 'exit 5' ${name}; while :; do sleep 0.05; done`);
    const child = inProcess(prepared);
    t.after(() => child.kill('SIGKILL'));
    await eventually('MHA runs', async () => {
      try {
        return prepared.received().length > 0;
      } catch {
        return false;
      }
    });
    child.kill(signal);
    const [code] = await once(child, 'exit');
    assert.equal(code, 5);
  });
}
