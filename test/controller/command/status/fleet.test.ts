import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {chmod, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {after, before, describe, test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {Fleet} from '../../../fixtures/fleet.ts';
import {clusterSize, hostOf} from '../../../fixtures/fleet-plan.ts';

const program = fileURLToPath(new URL('../../../../dist/controller/bin/mha-helper.js', import.meta.url));
const agents = 99;
const clusters = agents / clusterSize;
const silentReplica = 50;

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly tookMs: number;
}

const execute = (file: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended> => {
  const startedMs = performance.now();
  return new Promise(resolve =>
    execFile(file, args, {env: {...process.env, ...env}, maxBuffer: 2 ** 24, timeout: 60_000}, (error, out) =>
      resolve({code: Number(error?.code ?? 0), out, tookMs: performance.now() - startedMs}),
    ),
  );
};

describe('status of many agents', () => {
  let fleet: Fleet;
  const status = (...options: readonly string[]): Promise<Ended> =>
    execute(process.execPath, [program, 'status', ...options], {MHA_HELPER_CONFIG_DIR: fleet.configDirectory});

  before(async () => {
    fleet = await Fleet.start(agents, {silent: [silentReplica]});
  });
  after(() => fleet[Symbol.asyncDispose]());

  test('hears of everyone, and the cluster with a silent agent comes first', async () => {
    const {code, out} = await status();
    const [summary = '', , ...lines] = out.trim().split('\n');
    const verdicts = lines.filter(line => /^cluster\d+: /.test(line));
    assert.equal(code, 1);
    assert.match(summary, new RegExp(`^${clusters} clusters: 1 DEGRADED, ${clusters - 1} HEALTHY - cluster0016: `));
    assert.match(verdicts[0] ?? '', new RegExp(`^cluster0016: DEGRADED - agent on ${hostOf(silentReplica)}: `));
    assert.equal(verdicts.length, clusters);
    assert.ok(verdicts.slice(1).every(line => line.endsWith(': HEALTHY')));
  });

  test('one silent agent costs its own deadline and nobody else theirs', async () => {
    const {out, tookMs} = await status('--json');
    const hosts = JSON.parse(out).clusters.flatMap((cluster: {hosts: readonly unknown[]}) => cluster.hosts);
    const silent = hosts.filter((host: {agent: {why: string | null}}) => host.agent.why !== null);
    assert.equal(hosts.length, agents);
    assert.deepEqual(
      silent.map((host: {name: string; agent: {why: string}}) => [host.name, host.agent.why]),
      [[hostOf(silentReplica), 'silent']],
    );
    // three seconds for its answer and one to find out why there is none; the rest is for a busy machine
    assert.ok(tookMs < 9_000, `${tookMs} ms`);
  });

  test('a terminal shows it in the pager, a pipe and a short answer do without', async () => {
    const pager = join(fleet.pki.dir, 'pager');
    await writeFile(pager, '#!/bin/sh\necho "paged by $1, LESSSECURE=$LESSSECURE"\nexec head -n 1\n');
    await chmod(pager, 0o755);
    const env = {MHA_HELPER_CONFIG_DIR: fleet.configDirectory, PAGER: `${pager} words`, TERM: 'xterm', NO_COLOR: '1'};
    const onTerminal = async (command: string, more: NodeJS.ProcessEnv = {}): Promise<string> => {
      const line = `stty rows 20 cols 100; ${process.execPath} ${program} ${command}`;
      return (await execute('script', ['-qec', line, '/dev/null'], {...env, ...more})).out;
    };
    assert.match(await onTerminal('status'), /paged by words, LESSSECURE=1\s+33 clusters: 1 DEGRADED[^\n]*\s*$/);
    const unpaged = await Promise.all([
      onTerminal('status cluster0001'),
      onTerminal('status', {PAGER: '/nowhere/pager'}),
      onTerminal('status', {PAGER: ''}),
    ]);
    for (const out of unpaged) assert.doesNotMatch(out, /paged by/);
    assert.match(unpaged[0] ?? '', /^cluster0001: HEALTHY/);
    for (const out of unpaged.slice(1)) assert.match(out, /cluster0032: HEALTHY/);
  });
});
