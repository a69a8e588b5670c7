import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {mkdtemp, rename, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {type TestContext, test} from 'node:test';
import {promisify} from 'node:util';
import {documentedShell} from '../../fixtures/documented.ts';
import type {TestTlsFiles} from '../../fixtures/pki.ts';
import {eventually, getStatus, TestServer} from '../../fixtures/pki-server.ts';

const run = promisify(execFile);

/** What docs/certificates.md makes, command for command. */
const followDocs = async (t: TestContext): Promise<string> => {
  const dir = await mkdtemp(join(tmpdir(), 'mha-helper-own-ca-'));
  t.after(() => rm(dir, {recursive: true, force: true}));
  await run('sh', ['-euc', documentedShell('docs/certificates.md', 'A CA of your own')], {cwd: dir});
  return dir;
};

const filesOf = (dir: string, name: string): TestTlsFiles => ({
  ca: join(dir, 'ca.crt'),
  certificate: join(dir, `${name}.crt`),
  key: join(dir, `${name}.key`),
  crl: join(dir, 'crl.pem'),
});

const failureOf = async (server: TestServer, files: TestTlsFiles) => {
  const agent = await server.connect('db10', files);
  const failure = await getStatus(agent).then(
    () => assert.fail('the call succeeded'),
    error => agent.diagnose(error),
  );
  agent.close();
  return failure;
};

test('certificates that openssl made as the documentation says work, and the revoked one is refused', async t => {
  const dir = await followDocs(t);
  await using server = await TestServer.start('db10', filesOf(dir, 'db10'));
  const controller = await server.connect('db10', filesOf(dir, 'controller'));
  assert.ok((await getStatus(controller)) > Date.now());
  controller.close();
  assert.match((await failureOf(server, filesOf(dir, 'alice'))).message, /hung up on our certificate/);
  assert.equal(server.logged('connection refused')?.why, 'CERT_REVOKED');
  assert.deepEqual(server.credentials.warnings(), []);
});

test('an agent behind an authority between it and the root is trusted, with a list for each of the two', async t => {
  const dir = await followDocs(t);
  await run('sh', ['-euc', between], {cwd: dir});
  await using server = await TestServer.start('db10', filesOf(dir, 'db10'));
  const controller = await server.connect('db10', filesOf(dir, 'controller'));
  await getStatus(controller);
  controller.close();
  // the number of the revoked agent of one authority is the controller's number of the other
  assert.equal(await serialOf(join(dir, 'db11.crt')), await serialOf(join(dir, 'controller.crt')));
});

const serialOf = async (file: string): Promise<string> =>
  (await run('openssl', ['x509', '-noout', '-serial', '-in', file])).stdout.trim();

/** A second authority under the first issues the certificates of the agents; it revokes db11's, its first. */
const between = `
sed 's/ca\\.crt/between.crt/; s/ca\\.key/between.key/; s/index.txt/index2.txt/; s/crlnumber$/crlnumber2/; s/serial$/serial2/' ca.cnf >between.cnf
touch index2.txt; echo 01 >serial2; echo 01 >crlnumber2
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=between -keyout between.key -out between.csr \\
  -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
openssl ca -batch -notext -config ca.cnf -in between.csr -out between.crt
for host in db11 db10; do
  openssl req -newkey rsa:2048 -nodes -subj /CN=$host -keyout $host.key -out $host.csr \\
    -addext subjectAltName=URI:mha-helper://agent/$host,DNS:$host.example.com -addext extendedKeyUsage=serverAuth
  openssl ca -batch -notext -config between.cnf -in $host.csr -out $host.leaf
  cat $host.leaf between.crt >$host.crt
done
openssl ca -config between.cnf -revoke db11.leaf
openssl ca -config between.cnf -gencrl -out crl2.pem
cat crl2.pem >>crl.pem
`;

test('a list that is about to be out of date is warned of, by the agent too', async t => {
  const dir = await followDocs(t);
  const soon = ['ca', '-config', 'ca.cnf', '-gencrl', '-crlhours', '20', '-out', 'soon.pem'];
  await run('openssl', soon, {cwd: dir});
  await using server = await TestServer.start('db10', filesOf(dir, 'db10'));
  await rename(join(dir, 'soon.pem'), join(dir, 'crl.pem'));
  await eventually('the new list is in use', () => server.credentials.warnings().length > 0);
  assert.match(server.credentials.warnings().join(), /the revocation list ends in 0 days; nobody can connect once/);
});

const wrong: readonly (readonly [string, string, RegExp])[] = [
  ['no role', 'DNS:db10', /it carries no mha-helper:\/\/ role/],
  ['two roles', 'URI:mha-helper://agent/db10,URI:mha-helper://controller', /it carries more than one role/],
  ["another host's name", 'URI:mha-helper://agent/db11', /is for agent\/db11, but this host is agent\/db10/],
  ['capital letters', 'URI:mha-helper://agent/DB10', /its role is not one of ours/],
];
test('an agent says which rule its certificate breaks', async t => {
  const dir = await followDocs(t);
  for (const [name, altName, says] of wrong) {
    const issue = `openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$2" -keyout bad.key -out bad.csr \
      -addext "subjectAltName=$1" && openssl ca -batch -notext -config ca.cnf -in bad.csr -out bad.crt`;
    await run('sh', ['-euc', issue, 'sh', altName, name], {cwd: dir});
    await assert.rejects(TestServer.start('db10', filesOf(dir, 'bad')), {message: says}, name);
  }
});
