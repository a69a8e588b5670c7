import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {after, before, describe, test} from 'node:test';
import {promisify} from 'node:util';
import {authoritiesWith} from '../../../controller/vip/authorities.ts';
import type {CloudFailed} from '../../../controller/vip/cloud.ts';
import {TestPki} from '../../fixtures/pki.ts';
import {TestServer} from '../../fixtures/pki-server.ts';
import {startReceiver} from '../report/http-receiver.ts';

/** As the hooks run, on a machine whose system trusts this authority. Answers what the program printed. */
const asHook = async (systemAuthority: string, program: string): Promise<string> => {
  const args = ['--use-openssl-ca', '--import', 'tsx', '--input-type=module', '-e', program];
  const env = {...process.env, SSL_CERT_FILE: systemAuthority};
  const {stdout} = await promisify(execFile)(process.execPath, args, {cwd: new URL('.', import.meta.url), env});
  return stdout.trim();
};

/** Whom the hooks trust, although they run without Node's own list of authorities. */
describe('trust of a hook', () => {
  let ours: TestPki;
  let others: TestPki;
  before(async () => {
    ours = await TestPki.create('db1');
    others = await TestPki.create('db1');
  });
  after(async () => {
    await ours[Symbol.asyncDispose]();
    await others[Symbol.asyncDispose]();
  });

  const call = (port: number) => `
    const {clientCredentials} = await import('../../../controller/agents/credentials.ts');
    const {connectAgent} = await import('../../../controller/agents/connect.ts');
    const {getStatus} = await import('../../fixtures/pki-server.ts');
    const credentials = await clientCredentials(${JSON.stringify(ours.controller)});
    const agent = connectAgent({host: 'db1', address: '127.0.0.1', port: ${port}}, credentials);
    const failed = error => agent.diagnose(error).then(({why}) => why);
    console.log(await getStatus(agent).then(() => 'trusted', failed));
    process.exit();`;

  test('an agent of the own authority is trusted', async () => {
    await using server = await TestServer.start('db1', ours.agent('db1'));
    assert.equal(await asHook(others.controller.ca, call(server.port)), 'trusted');
  });

  test('an agent of an authority that only the system trusts is not', async () => {
    await using server = await TestServer.start('db1', others.agent('db1'));
    assert.equal(await asHook(others.controller.ca, call(server.port)), 'wrong_ca');
  });

  const localhost = (pki: TestPki) =>
    pki.issue({
      commonName: 'localhost',
      altNames: [{type: 'dns', value: 'localhost'}],
      usage: 'server',
      validity: {days: 1},
    });

  test('a cloud is trusted by the usual authorities, not by the system’s', async t => {
    const {url} = await startReceiver(t, await localhost(others));
    const program = `
      const {exchange} = await import('../../../controller/vip/openstack/exchange.ts');
      const {rootCertificates} = await import('node:tls');
      const {authoritiesWith} = await import('../../../controller/vip/authorities.ts');
      const ask = {method: 'GET', headers: {}, verifiesTls: true, signal: AbortSignal.timeout(5000)};
      const asked = ca => exchange({...ask, url: '${url}', ca}).then(({status}) => status, ({code}) => code);
      const bundle = authoritiesWith('${others.controller.ca}');
      console.log(authoritiesWith().length === rootCertificates.length, await asked(), await asked(bundle));`;
    assert.equal(await asHook(others.controller.ca, program), 'true UNABLE_TO_VERIFY_LEAF_SIGNATURE 200');
  });

  test('a bundle that cannot be read is told by its name, with what to do', () => {
    assert.throws(
      () => authoritiesWith('/nowhere/ca.pem'),
      (error: CloudFailed) =>
        /AWS_CA_BUNDLE cannot be read: .*\/nowhere\/ca\.pem/.test(error.message) && /MHA$/.test(error.hint),
    );
  });
});
