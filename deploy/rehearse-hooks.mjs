// rehearse-hooks.mjs OUTDIR: runs each bundled hook through its phases against stand-ins for two agents, and keeps what V8
// compiled on the way beside the hook. Fails when a phase does not end well: what it did not do is not in the cache.
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {pathToFileURL} from 'node:url';
import vm from 'node:vm';
import {sealCodeCache} from './code-cache.mjs';
import {readProgram} from './program.mjs';
import {startStandIn, vip} from './stand-in-agent.mjs';

const outdir = resolve(process.argv[2]);
const fromDist = path => import(pathToFileURL(resolve(outdir, '../..', path)));
const {initPki, issueAgent, issueController} = await fromDist('controller/pki/issue.js');
const {identifyProcess} = await fromDist('controller/record/process-stat.js');
const {askStarter} = await fromDist('controller/starter/ask-starter.js');
const {AgentService} = await fromDist('proto/gen/mha_helper/v1/agent.js');

const masters = ['old', 'new'];
const {exit, kill} = process; // phases have some of their own

const writeConfig = async (directory, pki, standIns) => {
  const lines = ['[default]', 'vip_type = metal', `writer_vip_cidr = ${vip}`, 'cluster_interface = eth0'];
  lines.push(`state_dir = ${directory}/state`, `tls_ca = ${pki}/ca.crt`);
  lines.push(`tls_cert = ${pki}/controller.crt`, `tls_key = ${pki}/controller.key`);
  masters.forEach((host, index) => {
    lines.push(`[${host}]`, 'agent_address = 127.0.0.1', `agent_port = ${standIns[index].port}`);
  });
  await mkdir(join(directory, 'config'));
  await writeFile(join(directory, 'config/rehearsal.conf'), `${lines.join('\n')}\n`);
};

/** Runs one phase of the script inside this process. What it says is dropped; where it would exit, it is over. */
const runPhase = (run, argv, url) =>
  new Promise((done, fail) => {
    const {write} = process.stdout;
    const said = [];
    const finish = (code = 0) => {
      Object.assign(process, {exit, kill});
      Object.assign(process.stdout, {write});
      if (code === 0) done();
      else fail(new Error(`${argv[0]} ended with ${code}:\n${said.join('')}`));
    };
    // Some end themselves by a signal, in case that something hangs, and would exit behind that.
    const spareUs = (pid, signal) => pid === process.pid || kill.call(process, pid, signal);
    Object.assign(process, {exit: finish, kill: spareUs, argv: [process.execPath, url, ...argv]});
    Object.assign(process.stdout, {write: (text, then) => said.push(text) && then?.()});
    try {
      run(createRequire(url), {exports: {}}, url);
    } catch (error) {
      finish(1);
      fail(error);
    }
  });

const side = name => [`--${name}_master_host=${name === 'orig' ? 'old' : 'new'}`, `--${name}_master_port=3306`];
const both = [...side('orig'), ...side('new')];
const runAll = phases => async (run, url) => {
  for (const argv of phases) await runPhase(run, argv, url);
};

/** The starter waits for a hook as long as its switch lasts, which here is until the rehearsal is over. */
const rehearseStarter = async (run, url, config) => {
  const us = identifyProcess(process.pid);
  const [oldMaster, newMaster] = masters.map(host => ({host, port: 3306}));
  const input = {configDirectory: config, hook: 'online', command: ['none'], oldMaster, newMaster, mha: us, stop: us};
  void runPhase(run, [JSON.stringify(input)], url);
  const argv = ['--command=start', ...both];
  for (const until = performance.now() + 10_000; performance.now() < until; await sleep(10))
    if ((await askStarter(argv, {configDirectory: config, hook: 'online', tell: () => {}})) === 0) return;
  throw new Error('the starter did not do the start');
};

/** The switch of the starter is over: a guard of it has nothing to do. */
const rehearseGuard = async (run, url, config) => {
  const us = identifyProcess(process.pid);
  const record = join(config, '../state/rehearsal/000000001.jsonl');
  await runPhase(run, [config, 'rehearsal', record, String(us.pid), us.startTime], url);
};

const rehearsals = {
  master_ip_online_failover_helper: runAll([
    ['--command=stop', ...both],
    ['--command=start', ...both],
  ]),
  master_ip_hard_failover_helper: runAll([
    ['--command=status', ...side('orig')],
    ['--command=stopssh', ...side('orig')],
    ['--command=start', ...both],
  ]),
  starter: rehearseStarter,
  guard: rehearseGuard,
};

const rehearse = async (name, config) => {
  const launcher = join(outdir, `${name}.cjs`);
  const {filename, source} = readProgram(launcher);
  const script = new vm.Script(source, {filename});
  await rehearsals[name](script.runInThisContext(), pathToFileURL(launcher).href, config);
  await writeFile(`${filename}.cache`, sealCodeCache(source, script.createCachedData()));
};

const directory = await mkdtemp(join(tmpdir(), 'mha-helper-rehearsal-'));
try {
  const pki = join(directory, 'pki');
  await initPki(pki);
  await issueController(pki);
  await issueAgent(pki, masters);
  const standIns = await Promise.all(
    masters.map((host, index) => startStandIn({host, otherHost: masters[1 - index], service: AgentService, pki})),
  );
  await writeConfig(directory, pki, standIns);
  const config = join(directory, 'config');
  process.env.MHA_HELPER_CONFIG_DIR = config;
  for (const name of Object.keys(rehearsals)) {
    standIns.forEach(({state}, index) => {
      const isMaster = index === 0 && name !== 'starter'; // its switch has been stopped
      Object.assign(state, {isMaster, holdsVip: isMaster});
    });
    await rehearse(name, config);
  }
} finally {
  await rm(directory, {recursive: true, force: true});
}
exit(0); // the stand-ins' connections are of no more use
