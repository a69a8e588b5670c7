import assert from 'node:assert/strict';
import {test} from 'node:test';
import {AgentUnreachable} from '../../../../controller/agents/errors.ts';
import {checkHost} from '../../../../controller/command/check/check-host.ts';
import {renderFinding} from '../../../../controller/command/check/finding.ts';
import type {HostReport} from '../../../../controller/failover/survey.ts';
import {packageVersion} from '../../../../proto/version.ts';
import {factsOf, type HostSays, inDays, nowMs} from '../status/cluster-builder.ts';

const current = {status: {agentVersion: packageVersion}};

const reportOf = (says: HostSays = current, more: Partial<HostReport> = {}): HostReport => {
  const report = factsOf({db2: says}).survey.hosts.find(({config}) => config.name === 'db2');
  if (report === undefined) throw new Error('no db2');
  return {...report, ...more};
};

const complaints = (report: HostReport): readonly string[] =>
  checkHost(report, nowMs)
    .filter(({result}) => result !== 'ok')
    .map(({result, text, hint}) => `${result} ${text}; ${hint}`);

test('a host in order is told twice: its agent and its account', () => {
  assert.deepEqual(complaints(reportOf()), []);
  assert.equal(checkHost(reportOf(), nowMs).length, 2);
});

for (const [aheadMs, says] of [
  [2000, []],
  [-2000, []],
  [2001, ['FAIL the clock of db2 is 2.0 s ahead of ours; let NTP set both']],
  [-90_000, ['FAIL the clock of db2 is 90.0 s behind ours; let NTP set both']],
] as const) {
  test(`a clock ${aheadMs} ms ahead ${says.length === 0 ? 'is in order' : 'is told'}`, () => {
    assert.deepEqual(complaints(reportOf(current, {clockAheadMs: aheadMs})), says);
  });
}

test('an agent of another version is a note, one that will be locked out a failure', () => {
  const [version, certificate] = complaints(
    reportOf({status: {agentVersion: '0.0.1', certificateNotAfterMs: inDays(1)}}),
  ).toSorted((one, other) => other.localeCompare(one));
  assert.match(version ?? '', /^note agent on db2 is version 0\.0\.1/);
  assert.match(certificate ?? '', /^FAIL agent on db2: its certificate ends in 1 day; .*pki renew agent\/db2/);
});

test('missing privileges come as the statement to run', () => {
  const missingGrants = ["GRANT PROCESS ON *.* TO 'mha'@'localhost';"];
  assert.match(
    complaints(reportOf({...current, instance: {missingGrants}})).join(),
    /^FAIL mysqld on db2: .* lacks privileges; run there: GRANT PROCESS ON \*\.\* TO 'mha'@'localhost';$/,
  );
});

test('an agent that cannot be reached is told with the hint of its error', () => {
  const error = new AgentUnreachable('db2', {message: 'nobody listens', why: 'refused', hint: 'start the agent'});
  assert.deepEqual(complaints(reportOf({error})), ['FAIL agent on db2: nobody listens; start the agent']);
});

test('a finding is one line for grep, and wrapped for people', () => {
  const finding = {result: 'FAIL', text: 'word '.repeat(30).trim(), hint: 'mend it'} as const;
  const terminal = {columns: 80, isPiped: true, hasColours: false, hasUnicode: true};
  assert.equal(renderFinding(finding, terminal).length, 1);
  const lines = renderFinding(finding, {...terminal, isPiped: false});
  assert.ok(lines.length > 1 && lines.every(line => line.length <= 80), lines.join('\n'));
});
