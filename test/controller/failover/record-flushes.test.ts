import assert from 'node:assert/strict';
import {mkdtemp, open, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {test} from 'node:test';
import type {Plan} from '../../../controller/failover/plan.ts';
import {runRecorded} from '../../../controller/failover/recorded-run.ts';
import type {Entry} from '../../../controller/record/entry.ts';
import {createRecord, readRecord} from '../../../controller/record/record-file.ts';

const left: readonly Entry[] = [
  {type: 'old_master', fencing: 'released', because: 'seen'},
  {type: 'event_scheduler', wasOn: true},
];

test('the end of a phase, its last step and what the next one must know cost one flush; the end comes last', async t => {
  const directory = await mkdtemp(join(tmpdir(), 'mha-helper-record-'));
  t.after(() => rm(directory, {recursive: true}));
  const record = await createRecord(directory, {
    ...{id: 'shop-1', cluster: 'shop', kind: 'online', oldMaster: 'db1:3306', newMaster: 'db2:3306', epoch: 1},
    ...{startedMs: 0, version: '', by: ''},
  });
  const file = await open(record.path);
  const flushes = t.mock.method(Object.getPrototypeOf(file), 'datasync');
  await file.close();
  let beforeLastStep = 0;
  const plan: Plan = {
    name: 'online stop',
    onFailure: 'undo',
    steps: [
      {
        ...{name: 'commit', hosts: []},
        run: async run => {
          await run.options.recorded();
          beforeLastStep = flushes.mock.callCount();
          return {did: 'final'};
        },
      },
    ],
  };
  const cluster = {name: 'shop'} as Parameters<typeof runRecorded>[2]['cluster'];
  const survey = {hosts: []};
  const deadline = performance.now() + 10_000;
  await runRecorded(plan, record, {cluster, survey, deadline, tell: () => {}, leaves: () => left});
  assert.equal(flushes.mock.callCount() - beforeLastStep, 1);
  const types = (await readRecord(record.path))?.entries.map(({type}) => type);
  assert.deepEqual(types, ['phase', 'hosts', 'step', 'old_master', 'event_scheduler', 'end']);
});
