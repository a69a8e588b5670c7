import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {type TestContext, test} from 'node:test';
import {failoverMetrics} from '../../../controller/metrics/failover-metrics.ts';
import {writeMetrics} from '../../../controller/metrics/write-metrics.ts';
import {appendEntries, createRecord} from '../../../controller/record/record-file.ts';
import {failoverOf, recordOf} from '../../deploy/prometheus/cluster-story.ts';

const started = Date.UTC(2026, 0, 1);

const prepare = async (t: TestContext) => {
  const root = mkdtempSync(join(tmpdir(), 'mha-helper-metrics-'));
  t.after(() => rmSync(root, {recursive: true, force: true}));
  const directory = join(root, 'textfile');
  mkdirSync(directory);
  const {head, entries} = recordOf(failoverOf('released', 'done', started));
  const {path} = await createRecord(root, head);
  await appendEntries(path, entries);
  const said: string[] = [];
  const write = (metricsTextfileDir: string | undefined = directory): Promise<void> =>
    writeMetrics(
      {metricsTextfileDir, stateDir: root, name: 'app1'},
      {tell: line => void said.push(line), withinMs: 1000},
    );
  return {root, directory, said, write, path};
};

test('the newest failover is told with its time, result, duration, outage and fencing', () => {
  const text = failoverMetrics(recordOf(failoverOf('unknown', 'done', started)));
  const value = (name: string): string | undefined =>
    new RegExp(`^mha_helper_failover_last_${name} (.*)$`, 'm').exec(text)?.[1];
  assert.equal(value('timestamp_seconds{cluster="app1"}'), String(started / 1000));
  assert.equal(value('duration_seconds{cluster="app1"}'), '3');
  assert.equal(value('outage_seconds{cluster="app1"}'), '2.5');
  assert.equal(value('result{cluster="app1",result="done"}'), '1');
  assert.equal(value('result{cluster="app1",result="half_done"}'), '0');
  assert.equal(value('fencing{cluster="app1",fencing="unknown"}'), '1');
  assert.equal(value('fencing{cluster="app1",fencing="released"}'), '0');
  assert.equal(value('kind{cluster="app1",kind="hard"}'), '1');
});

test('an outage that nobody saw the end of, and a failover without an old master, have no such sample', () => {
  const {entries} = failoverOf('unknown', 'done', started);
  const text = failoverMetrics(recordOf({startedMs: started, entries: entries.slice(0, 2)}));
  assert.doesNotMatch(text, /outage_seconds|fencing/);
  assert.match(text, /timestamp_seconds/);
});

test('the file takes the place of the former one, whole, readable by the exporter, and leaves nothing beside it', async t => {
  const {directory, said, write} = await prepare(t);
  writeFileSync(join(directory, 'mha_helper_app1.prom'), 'x'.repeat(100_000));
  await write();
  assert.deepEqual([readdirSync(directory), said], [['mha_helper_app1.prom'], []]);
  assert.match(readFileSync(join(directory, 'mha_helper_app1.prom'), 'utf8'), /^# HELP .*\n# TYPE[\s\S]*\n$/);
  assert.equal(statSync(join(directory, 'mha_helper_app1.prom')).mode & 0o444, 0o444);
});

test('a directory that is not there is a note, never a failure', async t => {
  const {said, write} = await prepare(t);
  await write('/nonexistent/textfile');
  assert.match(said.join(), /^note: the metrics could not be written to \/nonexistent\/textfile: ENOENT/);
});

test('a disk that hangs is not waited for', async t => {
  const {path, said, write} = await prepare(t);
  rmSync(path);
  spawnSync('mkfifo', [path]); // whoever opens it waits for a writer
  const begin = performance.now();
  await write();
  assert.ok(performance.now() - begin < 5000);
  assert.match(said.join(), /not done within 1000 ms/);
  writeFileSync(path, ''); // lets the reader go
});

test('where no directory is configured nothing is looked at', async t => {
  const {root, said} = await prepare(t);
  const config = {metricsTextfileDir: undefined, stateDir: join(root, 'none'), name: 'app1'};
  await writeMetrics(config, {tell: line => void said.push(line)});
  assert.deepEqual(said, []);
});
