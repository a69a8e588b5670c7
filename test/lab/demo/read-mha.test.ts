import assert from 'node:assert/strict';
import {test} from 'node:test';
import {createMhaReader} from './read-mha.ts';

const stamped = (text: string): string => `Mon Nov 23 04:36:44 2026 - [info] ${text}`;

test('hook lines are told from the lines of MHA and ssh around them', () => {
  const reader = createMhaReader();
  const lines = [
    '--dead_master_ip=<dead_master_ip> is not set. Using 10.77.0.12.',
    'mha-helper: hard stop of cluster lab, failover lab-7: db2',
    '  UNKNOWN: agent on db2: no answer',
    'ssh: connect to host 10.77.0.12 port 22: Connection timed out',
    '  Power the host off.',
    stamped(' done.'),
    '  Creating /var/tmp/mha if not exists.. done.',
    'mha-helper: hard start of cluster lab, failover lab-7: db2',
    '  ok   promote        db1            117 ms  writable',
    'mha-helper: hard start done and verified after 443 ms',
    ' Concat succeeded.',
  ];
  const shown = lines.filter(line => reader.read(line)?.kind === 'hook');
  assert.deepEqual(
    shown,
    [1, 2, 4, 7, 8, 9].map(index => lines[index]),
  );
});

test('a phase of MHA is told when it begins, not when it is over', () => {
  const reader = createMhaReader();
  const begun = reader.read(stamped("* Phase 3.2: Saving Dead Master's Binlog Phase.."));
  assert.deepEqual(begun, {kind: 'phase', text: "MHA, phase 3.2: saving dead master's binlog"});
  assert.equal(reader.read(stamped('* Phase 2: Dead Master Shutdown Phase completed.')), undefined);
});

test('a hook takes from the moment MHA starts it until MHA speaks again', () => {
  let now = 0;
  const reader = createMhaReader(() => now);
  reader.read(stamped('Executing master IP activate script:'));
  now = 10;
  reader.read(stamped('  /usr/bin/node hook.js --command=start --ssh_user=root'));
  now = 200;
  reader.read('mha-helper: hard start of cluster lab, failover lab-7: db2');
  now = 300;
  reader.read(stamped(' OK.'));
  now = 900;
  reader.read(stamped('** Finished master recovery successfully.'));
  assert.equal(reader.hookMs, 300);
});
