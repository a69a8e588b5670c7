import assert from 'node:assert/strict';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {type TestContext, test} from 'node:test';
import type {CloudFailed} from '../../../../controller/vip/cloud.ts';
import {readCloud} from '../../../../controller/vip/openstack/read-cloud.ts';

const directoryWith = (t: TestContext, files: Readonly<Record<string, string>>): string => {
  const directory = mkdtempSync(join(tmpdir(), 'mha-clouds-'));
  t.after(() => rmSync(directory, {recursive: true}));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return directory;
};

const prod = `clouds:
  prod:
    auth:
      auth_url: https://cloud.example:5000
      username: mha
      project_name: db
      user_domain_name: Default
      project_domain_id: default
    region_name: R1
    interface: internal
    cacert: CACERT
`;

test('clouds.yaml, with the secret in a secure.yaml of its own and the CA in a file', async t => {
  const directory = directoryWith(t, {
    'secure.yaml': 'clouds: {prod: {auth: {password: pfirsich}}}',
    'ca.pem': 'the authority',
  });
  writeFileSync(join(directory, 'clouds.yaml'), prod.replace('CACERT', join(directory, 'ca.pem')));
  const environment = {
    OS_CLIENT_CONFIG_FILE: join(directory, 'clouds.yaml'),
    OS_CLIENT_SECURE_FILE: join(directory, 'secure.yaml'),
  };
  const cloud = await readCloud({cloud: 'prod', environment});
  assert.deepEqual(cloud, {
    source: `cloud prod of ${join(directory, 'clouds.yaml')}`,
    authUrl: 'https://cloud.example:5000/v3',
    credentials: {
      kind: 'password',
      user: {name: 'mha', domain: {name: 'Default'}},
      password: 'pfirsich',
      project: {name: 'db', domain: {id: 'default'}},
    },
    region: 'R1',
    interface: 'internal',
    networkUrl: undefined,
    ca: 'the authority',
    verifiesTls: true,
  });
});

test('the OS_* variables, with an application credential', async () => {
  const environment = {
    OS_AUTH_URL: 'http://cloud.example:5000/v3/',
    OS_AUTH_TYPE: 'v3applicationcredential',
    OS_APPLICATION_CREDENTIAL_ID: 'abc',
    OS_APPLICATION_CREDENTIAL_SECRET: 'pfirsich',
    OS_REGION_NAME: 'R2',
  };
  const cloud = await readCloud({cloud: undefined, environment});
  assert.equal(cloud.authUrl, 'http://cloud.example:5000/v3');
  assert.equal(cloud.region, 'R2');
  const secret = 'pfirsich';
  assert.deepEqual(cloud.credentials, {
    kind: 'application_credential',
    credential: {id: 'abc'},
    user: undefined,
    secret,
  });
});

test('OS_CLOUD names the entry, and the home directory is searched', async t => {
  const home = directoryWith(t, {});
  const text =
    'clouds: {one: {auth: {}}, two: {auth: {auth_url: "http://h/v3", user_id: u, password: p, project_id: 1}}}';
  const config = join(home, '.config', 'openstack');
  await import('node:fs').then(({mkdirSync}) => mkdirSync(config, {recursive: true}));
  writeFileSync(join(config, 'clouds.yaml'), text);
  const cloud = await readCloud({cloud: undefined, environment: {HOME: home, OS_CLOUD: 'two'}});
  assert.equal(cloud.credentials.kind === 'password' && cloud.credentials.password, 'p');
});

const wrong: readonly (readonly [string, RegExp])[] = [
  [
    'clouds: {prod: {auth: {auth_url: "http://h", username: u, password: pfirsich}}}',
    /has no project_name or project_id/,
  ],
  ['clouds: {prod: {auth: {username: u, password: pfirsich}}}', /has no auth_url/],
  [
    'clouds: {prod: {auth_type: v3kerberos, auth: {auth_url: "http://h"}}}',
    /auth_type v3kerberos, which is not supported/,
  ],
  ['clouds: {test: {}}', /has no cloud prod/],
  ['clouds:\n  prod:\n    auth:\n      password: "pfirsich\n  x: [', /is not valid YAML in line \d/],
];

for (const [text, complaint] of wrong)
  test(`${JSON.stringify(text)} is refused, without its secret`, async t => {
    const directory = directoryWith(t, {'clouds.yaml': text});
    const environment = {OS_CLIENT_CONFIG_FILE: join(directory, 'clouds.yaml')};
    await assert.rejects(readCloud({cloud: 'prod', environment}), (error: CloudFailed) => {
      assert.match(error.message, complaint);
      assert.doesNotMatch(`${error.message} ${error.hint} ${error.stack}`, /pfirsich/);
      assert.notEqual(error.hint, '');
      return true;
    });
  });
