import assert from 'node:assert/strict';
import {test} from 'node:test';
import {composeReport, type FailoverAccount} from '../../../controller/report/compose-report.ts';

const account: FailoverAccount = {
  oldMaster: 'db2:3306',
  fencing: {fencing: 'unknown', because: 'Its agent did not answer for 10 s.'},
  vips: [
    {cidr: '10.0.0.50/24', holders: ['db1']},
    {cidr: '10.0.0.51/24', holders: []},
    {cidr: '10.0.0.52/24', holders: undefined},
    {cidr: '10.0.0.53/24', holders: ['db1', 'db2']},
  ],
  notes: ['the event scheduler was not started'],
};

const compose = (changes: Partial<FailoverAccount>) =>
  composeReport({subject: 's', body: 'b', account: {...account, ...changes}}).text;

test('an unknown old master is said first, with the reason and what to do', () => {
  const [first, second] = compose({}).split('\n');
  assert.equal(first, 'Old master db2:3306: unknown. Its agent did not answer for 10 s.');
  assert.match(second ?? '', /^ATTENTION: .*Before you connect it again, make sure that mysqld there is stopped/);
});

for (const fencing of ['released', 'fenced'] as const) {
  test(`an old master that is ${fencing} needs no attention`, () => {
    const text = compose({fencing: {fencing, because: 'We saw it.'}});
    assert.match(text, new RegExp(`^Old master db2:3306: ${fencing}\\. We saw it\\.$`, 'm'));
    assert.doesNotMatch(text, /ATTENTION/);
  });
}

test('each VIP is told with its holders, nobody, several or not known', () => {
  const text = compose({});
  assert.match(text, /^Writer VIP 10\.0\.0\.50\/24: on db1\.$/m);
  assert.match(text, /^Writer VIP 10\.0\.0\.51\/24: on no host\.$/m);
  assert.match(text, /^Writer VIP 10\.0\.0\.52\/24: unknown; no agent could tell\.$/m);
  assert.match(text, /^Writer VIP 10\.0\.0\.53\/24: on db1 and on db2 AT THE SAME TIME\.$/m);
  assert.match(text, /^Note: the event scheduler was not started$/m);
});

test('without a record the mail says that it knows nothing', () => {
  const {text} = composeReport({subject: 's', body: 'MHA says', account: undefined});
  assert.match(text, /^mha-helper has no record of this failover: it cannot say who holds the VIP/);
  assert.match(text, /MHA says\n$/);
});
