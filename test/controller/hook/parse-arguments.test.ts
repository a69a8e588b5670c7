import assert from 'node:assert/strict';
import {test} from 'node:test';
import {parseHookArguments, UsageError} from '../../../controller/hook/parse-arguments.ts';
import {recordedArguments} from '../../fixtures/hook-arguments.ts';

const db1 = {host: 'db1', ip: '10.77.0.11', port: 3306};
const db2 = {host: 'db2', ip: '10.77.0.12', port: 3306};
const nobody = {user: undefined};

for (const command of ['stop', 'start'] as const) {
  test(`the recorded online ${command} is understood`, () => {
    assert.deepEqual(parseHookArguments('online', recordedArguments(`online-${command}`)), {
      hook: 'online',
      command,
      oldMaster: {...db1, user: 'mha'},
      newMaster: {...db2, user: 'mha'},
      oldMasterBecomesReplica: true,
      notes: [],
    });
  });
}

test('ssh options with blanks and dashes stay one argument, and the password goes nowhere', () => {
  const parsed = parseHookArguments('online', recordedArguments('online-stop-ssh-options'));
  assert.deepEqual(parsed, {
    hook: 'online',
    command: 'stop',
    oldMaster: {...db1, user: 'mha'},
    newMaster: {...db2, user: 'mha'},
    oldMasterBecomesReplica: false,
    notes: [],
  });
});

for (const [call, command] of [
  ['check-repl-status', 'status'],
  ['failover-stop', 'stop'],
  ['failover-stopssh', 'stopssh'],
] as const) {
  const [argv, oldMaster] = [recordedArguments(call), call === 'check-repl-status' ? db1 : db2];
  test(`the recorded ${call} is understood`, () => {
    assert.deepEqual(parseHookArguments('failover', argv), {
      hook: 'failover',
      command,
      oldMaster: {...oldMaster, ...nobody},
      notes: [],
    });
  });
}

test('the recorded start of a failover is understood', () => {
  assert.deepEqual(parseHookArguments('failover', recordedArguments('failover-start')), {
    hook: 'failover',
    command: 'start',
    oldMaster: {...db2, ...nobody},
    newMaster: {...db1, user: 'mha'},
    notes: [],
  });
});

test('the recorded report keeps the lines of its body', () => {
  assert.deepEqual(parseHookArguments('report', recordedArguments('report-succeeded')), {
    hook: 'report',
    oldMasterHost: 'db2',
    newMasterHost: 'db1',
    replicaHosts: ['db3'],
    conf: '/etc/mha/app1.cnf',
    subject: 'app1: MySQL Master failover db2(10.77.0.12:3306) to db1(10.77.0.11:3306) succeeded',
    body: 'Master db2(10.77.0.12:3306) is down!\n\nCheck MHA Manager logs at mgr for details.\n',
    notes: [],
  });
});

test('the report of a failed failover has no new master', () => {
  const parsed = parseHookArguments('report', recordedArguments('report-failed'));
  assert.equal(parsed.newMasterHost, undefined);
  assert.deepEqual(parsed.replicaHosts, []);
});

test('--key value says the same as --key=value', () => {
  const argv = recordedArguments('online-stop').flatMap(argument => {
    const [option = '', ...value] = argument.split('=');
    return value.length > 0 ? [option, value.join('=')] : [option];
  });
  assert.deepEqual(parseHookArguments('online', argv), parseHookArguments('online', recordedArguments('online-stop')));
});

test('options of a later MHA become notes that show no values', () => {
  const argv = [
    ...recordedArguments('failover-stop'),
    '--new_in_0.59=s3cret',
    '--other',
    's3cret',
    '--flag',
    '--',
    's3cret',
    '-x',
  ];
  const parsed = parseHookArguments('failover', argv);
  assert.deepEqual(parsed.notes, [
    'ignored unknown option --new_in_0.59',
    'ignored unknown option --other',
    'ignored unknown option --flag',
    'ignored argument 9, which is no option',
    'ignored argument 10, which is no option',
    'ignored argument 11, which is no option',
  ]);
  assert.equal(parsed.command, 'stop');
});

const usageErrors: readonly (readonly [string, 'online' | 'failover' | 'report', readonly string[], string])[] = [
  [
    'no arguments',
    'online',
    [],
    '--command is missing; --orig_master_host is missing; --orig_master_port is missing; --new_master_host is missing; --new_master_port is missing',
  ],
  [
    'no new master',
    'failover',
    [...recordedArguments('failover-stop'), '--command=start'],
    '--new_master_host is missing; --new_master_port is missing',
  ],
  [
    'a foreign command',
    'online',
    recordedArguments('check-repl-status').with(0, '--command=status'),
    '--command is none of stop, start',
  ],
  [
    'a port that is none',
    'failover',
    recordedArguments('failover-stop').with(2, '--orig_master_port=0'),
    '--orig_master_port is no port',
  ],
  [
    'an option without value',
    'failover',
    recordedArguments('failover-stop').with(0, '--orig_master_host'),
    '--orig_master_host is missing',
  ],
  [
    'an empty value',
    'failover',
    recordedArguments('failover-stop').with(0, '--orig_master_host='),
    '--orig_master_host is missing',
  ],
  ['a report about nobody', 'report', ['--body=x'], '--orig_master_host is missing; --subject is missing'],
];

for (const [what, hook, argv, message] of usageErrors) {
  test(`${what} is a usage error that names everything missing`, () => {
    assert.throws(
      () => parseHookArguments(hook, argv),
      (error: unknown) => error instanceof UsageError && error.message.includes(message),
    );
  });
}

test('a password never appears in what the parser returns or throws', () => {
  const secret = 'S3cr3t';
  const passwords = [
    '--later_password',
    `--${secret}`,
    `--orig_master_password=${secret}`,
    '--new_master_password',
    secret,
  ];
  const parsed = parseHookArguments('online', [...recordedArguments('online-stop'), ...passwords]);
  assert.doesNotMatch(JSON.stringify(parsed), /S3cr3t/);
  assert.throws(
    () => parseHookArguments('online', passwords),
    (error: unknown) => error instanceof UsageError && !`${error.stack}${JSON.stringify(error)}`.includes(secret),
  );
});
