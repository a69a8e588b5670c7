import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import {dirname, join, relative, resolve} from 'node:path';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';

/** The source tree, from test/architecture as well as from dist/test/architecture. */
const root = resolve(dirname(fileURLToPath(import.meta.url)).replace('/dist/test/', '/test/'), '../..');

interface Import {
  readonly file: string;
  readonly target: string;
}

const sources = ['agent', 'controller', 'proto'].flatMap(folder =>
  readdirSync(join(root, folder), {recursive: true, encoding: 'utf8'})
    .filter(file => file.endsWith('.ts'))
    .map(file => join(folder, file)),
);

const importsOf = (file: string): Import[] => {
  const text = readFileSync(join(root, file), 'utf8');
  const found = [...text.matchAll(/(?:^import|^export|^\}|\bimport\()[^'"\n;]*['"]([^'"]+)['"]/gm)].map(
    match => match[1] ?? '',
  );
  const toTarget = (name: string) => (name.startsWith('.') ? relative(root, resolve(root, dirname(file), name)) : name);
  return found.map(name => ({file, target: toTarget(name)}));
};

const imports = sources.filter(file => !file.startsWith('proto/gen/')).flatMap(importsOf);

const mustNot = (title: string, breaks: (one: Import) => boolean) =>
  test(title, () => {
    assert.deepEqual(
      imports.filter(breaks).map(({file, target}) => `${file} -> ${target}`),
      [],
    );
  });

const within = (file: string, ...folders: string[]) => folders.some(folder => file.startsWith(folder));

test('the test sees the imports it judges', () => {
  assert.ok(imports.some(({file, target}) => file === 'agent/main.ts' && target === 'agent/start.ts'));
  assert.ok(imports.some(({target}) => target === '@grpc/grpc-js'));
});

mustNot(
  'the agent never imports the controller',
  ({file, target}) => within(file, 'agent/') && within(target, 'controller/'),
);
mustNot(
  'the controller never imports the agent',
  ({file, target}) => within(file, 'controller/') && within(target, 'agent/'),
);
mustNot(
  'the contract imports neither side',
  ({file, target}) => within(file, 'proto/') && within(target, 'agent/', 'controller/'),
);
mustNot('production code never imports tests', ({target}) => within(target, 'test/'));
mustNot('config, record, report and pki are leaves', ({file, target}) => {
  const folder = /^controller\/(config|record|report|pki)\//.exec(file)?.[1];
  if (folder === undefined || !within(target, 'controller/')) return false;
  const isType = folder === 'report' && within(target, 'controller/config/', 'controller/record/');
  return !within(target, `controller/${folder}/`) && !isType;
});
mustNot(
  'a VIP provider knows agents and config, not plans',
  ({file, target}) =>
    within(file, 'controller/vip/') &&
    within(target, 'controller/failover/', 'controller/hook/', 'controller/command/'),
);
mustNot(
  'plans know nothing of hooks and commands',
  ({file, target}) =>
    within(file, 'controller/failover/') &&
    within(target, 'controller/hook/', 'controller/command/', 'controller/bin/'),
);
mustNot(
  'hooks load neither the command line library nor the mail library',
  ({file, target}) =>
    within(file, 'controller/hook/', 'controller/failover/', 'controller/vip/', 'controller/agents/') &&
    ['commander', 'nodemailer'].includes(target),
);
mustNot(
  'hooks that cost write downtime load nothing that tells people',
  ({file, target}) =>
    within(file, 'controller/hook/', 'controller/failover/', 'controller/vip/', 'controller/agents/') &&
    file !== 'controller/hook/report.ts' &&
    within(target, 'controller/report/'),
);

const homes: readonly (readonly [library: string, ...homes: string[]])[] = [
  ['execa', 'controller/bin/', 'controller/command/', 'controller/report/command.ts'],
  ['mysql2/promise', 'agent/mysql/'],
  ['mysql2', 'agent/mysql/'],
  ['nodemailer', 'controller/report/'],
  ['prom-client', 'agent/metrics/'],
  ['ini', 'agent/config/', 'controller/config/', 'controller/command/'],
  ['commander', 'controller/command/', 'controller/bin/mha-helper.ts'],
  ['@peculiar/x509', 'controller/pki/'],
  ['@grpc/grpc-js', 'agent/server/', 'agent/service/', 'controller/agents/', 'proto/'],
  // what must outlive its parent, or must cost an agent little
  [
    'node:child_process',
    'agent/network/',
    'controller/guard/',
    'controller/starter/spawn-starter.ts',
    'controller/command/move/start-mha.ts',
    'controller/command/reports/',
    'controller/metrics/',
  ],
];
for (const [library, ...folders] of homes)
  mustNot(`${library} has one home`, ({file, target}) => target === library && !within(file, ...folders));

test('the environment, arguments and exit codes are touched only where a process begins', () => {
  const allowed = (file: string) => within(file, 'controller/bin/', 'proto/gen/') || file === 'agent/main.ts';
  const touching = sources.filter(
    file =>
      !allowed(file) && /process\.(env|argv|exit|exitCode)\b|console\./.test(readFileSync(join(root, file), 'utf8')),
  );
  assert.deepEqual(touching, []);
});

test('no file is past 300 lines', () => {
  const long = sources
    .filter(file => !file.startsWith('proto/gen/'))
    .filter(file => readFileSync(join(root, file), 'utf8').split('\n').length > 300);
  assert.deepEqual(long, []);
});
