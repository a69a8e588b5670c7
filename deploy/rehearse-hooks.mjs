// rehearse-hooks.mjs OUTDIR: runs each bundled hook through its phases against stand-ins for two agents, real TLS and all, and
// keeps what V8 compiled on the way beside the hook. Only speed depends on it: how the phases end does not matter here.
import {mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {pathToFileURL} from 'node:url';
import vm from 'node:vm';
import {Server, ServerCredentials} from '@grpc/grpc-js';
import {sealCodeCache} from './code-cache.mjs';
import {programOf} from './run-program.mjs';

const outdir = resolve(process.argv[2]);
const fromDist = path => import(pathToFileURL(resolve(outdir, '../..', path)));
const {initPki, issueAgent, issueController} = await fromDist('controller/pki/issue.js');
const {AgentService} = await fromDist('proto/gen/mha_helper/v1/agent.js');

const masters = ['old', 'new'];
const instance = {
  ...{
    port: 3306,
    reachable: true,
    error: '',
    version: '',
    readOnly: true,
    eventScheduler: 'OFF',
    replication: undefined,
  },
  ...{replicas: 0, applicationThreads: 0, preparedXa: 0, missingGrants: [], binlogPosition: '', longWriters: []},
  ...{flavour: '', serverId: 1},
};
const statusOf = host => ({
  ...{host, agentVersion: '', timeMs: Date.now(), certificateNotAfterMs: Date.now() + 1e10, instances: [instance]},
  ...{vips: [], epochs: {}, operations: [], warnings: []},
});
const result = {
  ...{changed: true, before: instance, after: {...instance, readOnly: false}, notes: [], failure: undefined},
  ...{durationMs: 1, vips: []},
};

/** Answers every question and every intent at once, and does nothing. */
const startStandIn = async (host, pki) => {
  const server = new Server();
  server.addService(AgentService, {
    getStatus: (_call, done) => done(null, statusOf(host)),
    probe: (_call, done) => done(null, {macs: []}),
    undo: (_call, done) => done(null, {undone: {restored: [], failed: [], after: undefined}}),
    operate: stream => {
      stream.on('data', () => stream.write({event: {$case: 'result', value: result}}));
      stream.on('end', () => stream.end());
      stream.on('error', () => {}); // the hook's process.exit is not a real one here
    },
  });
  const [ca, cert_chain, private_key] = await Promise.all(
    ['ca.crt', `agents/${host}.crt`, `agents/${host}.key`].map(file => readFile(join(pki, file))),
  );
  const credentials = ServerCredentials.createSsl(ca, [{cert_chain, private_key}], true);
  const port = await new Promise((done, fail) =>
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error === null ? done(bound) : fail(error))),
  );
  return {port, server};
};

const writeConfig = async (directory, pki, standIns) => {
  const lines = ['[default]', 'vip_type = none', `state_dir = ${directory}/state`];
  lines.push(`tls_ca = ${pki}/ca.crt`, `tls_cert = ${pki}/controller.crt`, `tls_key = ${pki}/controller.key`);
  masters.forEach((host, index) => {
    lines.push(`[${host}]`, 'agent_address = 127.0.0.1', `agent_port = ${standIns[index].port}`);
  });
  await mkdir(join(directory, 'config'));
  await writeFile(join(directory, 'config/rehearsal.conf'), `${lines.join('\n')}\n`);
};

/** Runs one phase of the script inside this process. What it says is dropped; where it would exit, it is over. */
const runPhase = (run, argv, url) =>
  new Promise((done, fail) => {
    const {exit} = process;
    const {write} = process.stdout;
    const finish = () => {
      Object.assign(process, {exit});
      Object.assign(process.stdout, {write});
      done();
    };
    Object.assign(process, {exit: finish, argv: [process.execPath, url, ...argv]});
    Object.assign(process.stdout, {write: (_text, then) => typeof then === 'function' && then()});
    try {
      run(createRequire(url), {exports: {}}, url);
    } catch (error) {
      finish();
      fail(error);
    }
  });

const side = name => [`--${name}_master_host=${name === 'orig' ? 'old' : 'new'}`, `--${name}_master_port=3306`];
const both = [...side('orig'), ...side('new')];
const phases = {
  master_ip_online_failover_helper: [
    ['--command=stop', ...both],
    ['--command=start', ...both],
  ],
  master_ip_hard_failover_helper: [
    ['--command=status', ...side('orig')],
    ['--command=stopssh', ...side('orig')],
    ['--command=start', ...both],
  ],
};

const rehearse = async name => {
  const launcher = join(outdir, `${name}.cjs`);
  const filename = programOf(launcher);
  const source = await readFile(filename, 'latin1');
  const script = new vm.Script(source, {filename});
  const run = script.runInThisContext();
  for (const argv of phases[name]) await runPhase(run, argv, pathToFileURL(launcher).href);
  await writeFile(`${filename}.cache`, sealCodeCache(source, script.createCachedData()));
};

const directory = await mkdtemp(join(tmpdir(), 'mha-helper-rehearsal-'));
try {
  const pki = join(directory, 'pki');
  await initPki(pki);
  await issueController(pki);
  await issueAgent(pki, masters);
  const standIns = await Promise.all(masters.map(host => startStandIn(host, pki)));
  await writeConfig(directory, pki, standIns);
  process.env.MHA_HELPER_CONFIG_DIR = join(directory, 'config');
  for (const name of Object.keys(phases)) await rehearse(name);
} finally {
  await rm(directory, {recursive: true, force: true});
}
process.exit(0); // the stand-ins' connections are of no more use
