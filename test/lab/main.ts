import {spawn} from 'node:child_process';
import {closeSync, openSync} from 'node:fs';
import {mkdir, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {nodeCommand} from './agents.ts';
import {furnish} from './furnish.ts';
import {enterAll} from './hosts.ts';
import {createLab, type Lab, labOf} from './lab.ts';
import {poll} from './poll.ts';
import {isAlive} from './process-identity.ts';
import {type LabRecord, readRecord, stateDirectory, sweepStaleLabs} from './record.ts';
import {describeLab} from './status.ts';
import {type DbHost, dbHosts, isHostName} from './topology.ts';

const usage = `lab [--name NAME] up                 bring a lab up and keep it (idempotent)
lab [--name NAME] down               take it down (idempotent)
lab down --stale                     clean what labs of dead owners left
lab [--name NAME] status             servers, replication, VIP
lab [--name NAME] exec HOST -- CMD…  run a command inside mgr, db1, db2, db3 or client
lab [--name NAME] sql HOST "SQL"     ask a server as root
`;

const main = async (): Promise<number> => {
  const {values, positionals} = parseArgs({
    options: {name: {type: 'string', default: 'default'}, stale: {type: 'boolean', default: false}},
    allowPositionals: true,
  });
  const [command = '', ...rest] = positionals;
  switch (command) {
    case 'up':
      return up(values.name);
    case 'down':
      return values.stale ? sweep() : down(values.name);
    case 'hold':
      return hold(values.name);
    case 'status':
      process.stdout.write(await describeLab(await attached(values.name)));
      return 0;
    case 'exec':
      return execute(values.name, rest);
    case 'sql':
      return ask(values.name, rest);
    default:
      process.stderr.write(usage);
      return 2;
  }
};

/** The lab belongs to a process of its own that outlives this command. */
const up = async (name: string): Promise<number> => {
  await sweepStaleLabs();
  if (await readRecord(name)) return say(`lab '${name}' is up already`);
  await mkdir(stateDirectory, {recursive: true, mode: 0o700});
  const log = openSync(logOf(name), 'w');
  const [program = '', ...args] = nodeCommand(fileURLToPath(import.meta.url));
  const holder = spawn(program, [...args, 'hold', '--name', name], {detached: true, stdio: ['ignore', log, log]});
  closeSync(log);
  // Also when this command fails or is interrupted: then nobody would know of the holder.
  const giveUp = (): boolean => holder.kill('SIGTERM');
  process.once('exit', giveUp);
  holder.unref();
  await poll(
    `lab '${name}'; see ${logOf(name)}`,
    async () => {
      if (holder.exitCode !== null) throw new Error(`lab '${name}' did not come up; see ${logOf(name)}`);
      return (await readRecord(name)) ? true : undefined;
    },
    {timeoutMs: 120_000, everyMs: 50},
  );
  process.off('exit', giveUp);
  return say(`lab '${name}' is up`);
};

const hold = async (name: string): Promise<number> => {
  await createLab({name, furnish: async lab => say(await furnish(lab))});
  // Until a signal ends this process, and the lab with it.
  await new Promise(() => setInterval(() => undefined, 2 ** 30));
  return 0;
};

const down = async (name: string): Promise<number> => {
  const record = await readRecord(name);
  if (record === undefined) return say(`lab '${name}' is not up`);
  if (isAlive(record.owner)) process.kill(record.owner.pid, 'SIGTERM');
  await poll(`the end of lab '${name}'`, () => (processesOf(record).some(isAlive) ? undefined : true));
  await rm(logOf(name), {force: true});
  await sweepStaleLabs();
  return say(`lab '${name}' is down`);
};

const processesOf = (record: LabRecord) => [record.owner, record.bridge, ...Object.values(record.hosts)];

const sweep = async (): Promise<number> => {
  const swept = await sweepStaleLabs();
  return say(swept.length === 0 ? 'nothing stale' : `cleaned: ${swept.join(', ')}`);
};

const execute = async (name: string, [host = '', ...argv]: readonly string[]): Promise<number> => {
  const record = await recordOf(name);
  if (!isHostName(host) || argv.length === 0) throw new Error(usage);
  const [program = '', ...args] = [...enterAll(record.hosts[host].pid), ...argv];
  const child = spawn(program, args, {stdio: 'inherit'});
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(code ?? (signal === null ? 1 : 128)));
  });
};

const ask = async (name: string, [host = '', sql]: readonly string[]): Promise<number> => {
  if (!isDbHost(host) || sql === undefined) throw new Error(usage);
  for (const rows of await (await attached(name)).script(host, sql)) {
    if (rows.length > 0) process.stdout.write(rows.map(row => `${JSON.stringify(row)}\n`).join(''));
  }
  return 0;
};

const isDbHost = (text: string): text is DbHost => dbHosts.some(host => host === text);

const attached = async (name: string): Promise<Omit<Lab, 'dispose'>> => labOf(await recordOf(name));

const recordOf = async (name: string): Promise<LabRecord> => {
  const record = await readRecord(name);
  if (record === undefined || !isAlive(record.owner)) throw new Error(`lab '${name}' is not up; run: lab up`);
  return record;
};

const logOf = (name: string): string => join(stateDirectory, `${name}.log`);

const say = (text: string): number => {
  process.stdout.write(`${text}\n`);
  return 0;
};

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
