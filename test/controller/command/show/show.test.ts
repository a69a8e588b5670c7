import assert from 'node:assert/strict';
import {appendFile} from 'node:fs/promises';
import {test} from 'node:test';
import {recordedCluster} from '../history/recorded-cluster.ts';
import {askMs, mhaMs, onlineStop, onlineSwitch, phase} from '../history/recorded-phases.ts';

/** Where the bar of a row begins and how long it is, in columns. */
const barOf = (out: string, label: string): {readonly at: number; readonly length: number; readonly letter: string} => {
  const row = out.split('\n').find(line => line.startsWith(`  ${label} `) && line.endsWith('|')) ?? '';
  const bar = /\|( *)(\S*) *\|$/.exec(row);
  assert.ok(bar !== null, `no bar for ${label} in\n${out}`);
  const [, before = '', letters = ''] = bar;
  return {at: before.length, length: letters.length, letter: letters[0] ?? ''};
};

test('a switch is drawn on one axis: what comes later begins further right, what takes longer is longer', async t => {
  const cluster = await recordedCluster(t);
  await cluster.write({}, onlineSwitch());
  const {code, out} = await cluster.run('show', 'lab-1');
  assert.equal(code, 0);
  for (const line of out.split('\n')) assert.match(line, /^[\x20-\x7e]{0,80}$/);
  const [demote, release, mha, acquire] = ['demote', 'release VIP', "MHA's own time", 'acquire VIP'].map(label =>
    barOf(out, label),
  );
  assert.ok(demote && release && mha && acquire);
  assert.ok(demote.at < release.at && release.at < mha.at && mha.at < acquire.at, out);
  assert.ok(demote.length > mha.length && mha.length > release.length, out);
  assert.equal(mha.letter, '.');
  const outage = barOf(out, 'no writes');
  assert.equal(outage.at, demote.at);
  assert.equal(outage.at + outage.length, acquire.at + acquire.length);
});

test('a switch tells hosts, versions, states, exit codes and the pause between the hooks', async t => {
  const cluster = await recordedCluster(t);
  await cluster.write({}, onlineSwitch());
  const {out} = await cluster.run('show', 'lab-1');
  const expected = [
    /^lab-1: DONE - online, db1 -> db2\n {2}began +2026-11-23 04:19:09 by root@mgr, mha-helper 1\.0\.0$/m,
    /^ {2}db2 +agent 1\.0\.0, 10\.11\.19-MariaDB$/m,
    /^ {2}old master {2}released: db1 was seen read-only$/m,
    /^online stop: done, exit 0, 658 ms, process 4321$/m,
    /^ {4}db1: read_only off -> on, event_scheduler ON -> OFF/m,
    /^ {4}note: killed 3 threads that were idle$/m,
    new RegExp(`^  MHA's own time +${mhaMs} ms `, 'm'),
    new RegExp(`^  start, ask hosts +${askMs} ms `, 'm'),
  ];
  for (const pattern of expected) assert.match(out, pattern);
});

test('the write outage goes from demote to the VIP on the new master, and says what it cannot know', async t => {
  const cluster = await recordedCluster(t);
  await cluster.write({}, onlineSwitch());
  const {out} = await cluster.run('show', 'lab-1');
  const fact = out.replace(/\s+/g, ' ');
  assert.match(fact, /no writes 945 ms, from the beginning of demote on db1 to the end of acquire VIP on db2\./);
  assert.match(fact, /what clients need to connect again does not/);
  const {write_outage: outage, hooks_ms: hooks} = JSON.parse((await cluster.run('show', 'lab-1', '--json')).out);
  assert.equal(outage.duration_ms, 400 + 7 + 20 + 60 + 15 + mhaMs + askMs + 1 + 12 + 30);
  assert.equal(hooks, askMs + 508 + askMs + 47);
});

test('where writes have not come back the outage has no end', async t => {
  const cluster = await recordedCluster(t);
  await cluster.write({}, onlineStop());
  const {out} = await cluster.run('show', 'lab-1');
  assert.match(out, /^lab-1: HALF DONE/);
  assert.match(out.replace(/\s+/g, ' '), /no writes since \S+ \S+, when demote on db1 began; the record does not show/);
  const {write_outage: outage} = JSON.parse((await cluster.run('show', 'lab-1', '--json')).out);
  assert.deepEqual({end: outage.end_ms, duration: outage.duration_ms}, {end: null, duration: null});
});

const undo = (afterMs: number, pid: number) =>
  phase({name: 'recover', afterMs, pid, result: 'done', steps: [{step: 'undo', durationMs: 22, did: 'as before'}]});

test('a recovery by the guard is named so, and ends the outage', async t => {
  const cluster = await recordedCluster(t);
  await cluster.write({}, [...onlineStop(), ...undo(900, 999_999)]);
  const {out} = await cluster.run('show', 'lab-1');
  assert.match(out, /^recover: done, 172 ms, by the guard, process 999999$/m);
  assert.match(
    out.replace(/\s+/g, ' '),
    /no writes 916 ms, from the beginning of demote on db1 to the end of undo on db1/,
  );
  assert.equal(out.match(/^ +0 +[\d.]+ \S+$/gm)?.length, 1);
});

test('a recovery hours later gets an axis of its own, so that the switch can still be read', async t => {
  const cluster = await recordedCluster(t);
  await cluster.write({}, [...onlineStop(), ...undo(3 * 3_600_000, 7)]);
  const {out} = await cluster.run('show', 'lab-1');
  assert.equal(out.match(/^ +0 +[\d.]+ \S+$/gm)?.length, 2);
  assert.match(out, /^ {2}3 h later$/m);
  assert.ok(barOf(out, 'demote').length > 10, out);
});

test('a failed step stands out and says all that was wrong', async t => {
  const cluster = await recordedCluster(t);
  const did = 'prepared XA transactions on db1: 2; db2 is writable';
  const steps = [{step: 'preflight', durationMs: 40, result: 'failed', did, notes: ['commit them first']}] as const;
  await cluster.write({}, phase({name: 'online stop', afterMs: 0, result: 'failed', exitCode: 1, steps}));
  const {out} = await cluster.run('show', 'lab-1');
  assert.match(out, /^lab-1: REFUSED/);
  assert.match(out, /^online stop: failed, exit 1, /m);
  assert.match(out, /^ {4}FAIL prepared XA transactions on db1: 2; db2 is writable\n {4}note: commit them first$/m);
  assert.equal(barOf(out, 'preflight').letter, 'X');
});

test('what could not be put back is said', async t => {
  const cluster = await recordedCluster(t);
  const notPutBack = ['db1: read_only stays on'];
  const steps = [{step: 'demote', durationMs: 5, result: 'failed'}] as const;
  await cluster.write({}, phase({name: 'online stop', afterMs: 0, result: 'failed', steps, notPutBack}));
  assert.match((await cluster.run('show', 'lab-1')).out, /^ {2}NOT PUT BACK: db1: read_only stays on$/m);
});

test('what a killed process could not write, and what is torn, is said', async t => {
  const cluster = await recordedCluster(t);
  const killed = onlineStop().filter(({type}) => type !== 'end');
  const path = await cluster.write({}, killed);
  await appendFile(path, '\n{"type":"step","step":"com');
  const {code, out} = await cluster.run('show', 'lab-1');
  assert.equal(code, 0);
  assert.match(out, /^ {2}missing +1 line of the record cannot be read$/m);
  assert.match(out, /^ {2}missing +the end of online stop: its process is at work/m);
  assert.match(out, /^online stop: interrupted/m);
});

test('a record without times, phases or versions is shown as far as it goes', async t => {
  const cluster = await recordedCluster(t);
  const path = await cluster.write({}, []);
  assert.match((await cluster.run('show', 'lab-1')).out, /missing +no phase: it ended before its first step/);
  await appendFile(
    path,
    '\n{"type":"step","step":"demote","result":"ok"}\n{"type":"end","phase":"online stop","result":"done"}\n',
  );
  const {code, out} = await cluster.run('show', 'lab-1');
  assert.equal(code, 0);
  assert.match(out, /^ {2}missing +the beginning of online stop$/m);
  assert.doesNotMatch(out, /NaN|undefined|Infinity/);
});

test('foreign text neither breaks lines nor reaches the terminal as a command', async t => {
  const cluster = await recordedCluster(t);
  const steps = [
    {step: 'demote', durationMs: 5, did: 'gr\u00fc\u00df dich\u001b[2J\nnext line', notes: ['\u001b]0;x\u0007']},
  ];
  await cluster.write({}, phase({name: 'online stop', afterMs: 0, result: 'done', steps}));
  const {out} = await cluster.run('show', 'lab-1');
  assert.match(out, /^ {4}gru\? dich \[2J next line$/m);
  assert.ok(!out.includes('\u001b'), out);
});

test('an id that does not exist is a usage error that names those that do', async t => {
  const cluster = await recordedCluster(t);
  await cluster.write({epoch: 3}, onlineSwitch());
  const missing = await cluster.run('show', 'lab-4');
  assert.equal(missing.code, 2);
  assert.match(missing.err, /there is no record of a failover lab-4; the newest are: lab-3/);
  assert.equal((await cluster.run('show', 'lab')).code, 2);
  assert.equal((await cluster.run('show', 'nowhere-3')).code, 2);
});
