import assert from 'node:assert/strict';
import {test} from 'node:test';
import {type MhaLine, readMhaLine} from '../../../../controller/command/move/read-mha.ts';

const at = 'Fri Nov 27 21:31:49 2026 - ';
const command =
  '/usr/bin/master_ip_online_failover_helper --command=COMMAND --orig_master_host=db1 --orig_master_password=xxx';

/** Lines as MHA 0.58 and our hooks wrote them in the lab. */
const lines: readonly (readonly [string, MhaLine])[] = [
  [`${at}[info] * Phase 2: Rejecting updates Phase..`, {kind: 'said', text: 'MHA: Rejecting updates'}],
  [`${at}[info] * Switching slaves in parallel..`, {kind: 'said', text: 'MHA: Switching slaves in parallel'}],
  [`${at}[info]   ${command.replace('COMMAND', 'stop')}`, {kind: 'hook', command: 'stop'}],
  [`${at}[info]   ${command.replace('COMMAND', 'stopssh')}`, {kind: 'hook', command: 'stop'}],
  [`${at}[info]   ${command.replace('COMMAND', 'start')}`, {kind: 'hook', command: 'start'}],
  [
    `${at}[info] db1(10.77.0.11:3306): SHOW SLAVE STATUS returned empty result. To check replication filtering rules, temporarily executing CHANGE MASTER to a dummy host.`,
    {kind: 'delicate'},
  ],
  [`${at}[info] ** Phase 1: Configuration Check Phase completed.`, {kind: 'safe'}],
  [
    `${at}[info] Executing FLUSH TABLES WITH READ LOCK..`,
    {kind: 'doing', text: 'MHA: Executing FLUSH TABLES WITH READ LOCK'},
  ],
  [
    `${at}[error][/usr/share/perl5/MHA/MasterRotate.pm, ln162] We should not start online master switch.`,
    {kind: 'said', text: '  FAIL MHA: We should not start online master switch.'},
  ],
  [
    '  ok   demote         db1             78 ms  read-only',
    {kind: 'said', text: '  ok   demote         db1             78 ms  read-only'},
  ],
  ['    db1: 3 connections left', {kind: 'doing', text: 'db1: 3 connections left'}],
  [`${at}[info]  Statement should be: CHANGE MASTER TO MASTER_HOST='db2', MASTER_PASSWORD='xxx';`, {kind: 'nothing'}],
  [`${at}[info]   masterha_secondary_check --master_host=db1 --master_password=se=cret`, {kind: 'nothing'}],
  ['  Creating /var/tmp/mha if not exists.. ', {kind: 'nothing'}],
  ['   ok.', {kind: 'nothing'}],
];

for (const [line, wanted] of lines)
  test(`${wanted.kind}: ${line.slice(0, 90)}`, () => {
    assert.deepEqual(readMhaLine(line), wanted);
  });
