import {type ChildProcess, execFile, spawn} from 'node:child_process';
import {closeSync, openSync} from 'node:fs';
import {copyFile, mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {promisify} from 'node:util';
import {eventually} from '../fixtures/eventually.ts';

const run = promisify(execFile);
const cache = resolve('.cache/test-packages');

/** Where prepare.sh has put the packages: built once, built again, and the agent's next release. */
export const built = (which: 'first' | 'again' | 'next'): string => join(cache, which);

/** A copy of the little Debian, not running. */
export const copyRoot = async (): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'mha-helper-root-'));
  await run('cp', ['-a', `${cache}/root/.`, directory]);
  return directory;
};

/** A Debian that has booted with systemd, in a network of its own. */
export class Container implements AsyncDisposable {
  readonly root: string;
  #running: Running;

  private constructor(root: string, running: Running) {
    this.root = root;
    this.#running = running;
  }

  static async boot(): Promise<Container> {
    const root = await copyRoot();
    return new Container(root, await bootFrom(root));
  }

  /** Boots again: in order, as `reboot` does it, or as after a loss of power. */
  async reboot(how: 'in order' | 'crashed'): Promise<void> {
    if (how === 'in order') {
      const ended = this.#ended();
      await tryRun('nsenter', [...into(this.#leader), 'systemctl', 'poweroff']); // may not live to say that it worked
      await ended;
    } else await this.#kill();
    this.#running = await bootFrom(this.root);
  }

  get #leader(): string {
    return this.#running.leader;
  }

  /** Runs a script with sh. Rejects unless it exits with 0; resolves with what it wrote. */
  async sh(script: string): Promise<string> {
    const {stdout} = await run('nsenter', [...into(this.#leader), 'sh', '-euc', script], {timeout: 120_000});
    return stdout.trim();
  }

  /** The same for one that may fail. */
  async try(script: string): Promise<{readonly code: number; readonly output: string}> {
    const {code, stdout, stderr} = await tryRun('nsenter', [...into(this.#leader), 'sh', '-euc', script]);
    return {code, output: `${stdout}${stderr}`};
  }

  /** Starts a program that stays; it is ended with the container. */
  start(...command: readonly string[]): ChildProcess {
    return spawn('nsenter', [...into(this.#leader), ...command], {stdio: ['ignore', 'pipe', 'inherit']});
  }

  /** Copies a package of ours into the container and installs it as an administrator would. */
  async install(which: 'first' | 'next', ...files: readonly string[]): Promise<string> {
    for (const file of files) await copyFile(join(built(which), file), join(this.root, 'root', file));
    return this.sh(`export DEBIAN_FRONTEND=noninteractive; cd /root; dpkg -i ${files.join(' ')} 2>&1`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#kill();
    await rm(this.root, {recursive: true, force: true});
    await rm(`${this.root}.log`, {force: true});
  }

  /** Its first process: with it all others end. */
  async #kill(): Promise<void> {
    const ended = this.#ended();
    process.kill(Number(this.#leader), 'SIGKILL');
    await ended;
  }

  #ended(): Promise<unknown> {
    return new Promise(done => this.#running.nspawn.once('exit', done));
  }
}

interface Running {
  readonly nspawn: ChildProcess;
  /** Process id of its first process, seen from outside. */
  readonly leader: string;
}

const bootFrom = async (root: string): Promise<Running> => {
  const log = openSync(`${root}.log`, 'a');
  const name = root.slice(root.lastIndexOf('-') + 1).toLowerCase();
  const options = ['--register=no', '--keep-unit', '-q', '-D', root, '-M', `mha${name}`, '--private-network', '-b'];
  const nspawn = spawn('systemd-nspawn', options, {stdio: ['ignore', log, log], detached: true});
  closeSync(log);
  let leader = '';
  await eventually(
    'the container has booted',
    async () => {
      leader = (await readFile(`/proc/${nspawn.pid}/task/${nspawn.pid}/children`, 'utf8')).trim().split(' ')[0] ?? '';
      if (leader === '') return false;
      const {stdout} = await tryRun('nsenter', [...into(leader), 'systemctl', 'is-system-running']);
      return ['running', 'degraded'].includes(stdout.trim());
    },
    120_000,
  );
  return {nspawn, leader};
};

/** Nothing of the environment of the tests is a host's. */
const clean = ['env', '-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL=C.UTF-8'];
const into = (leader: string): string[] => ['-t', leader, '-m', '-u', '-i', '-n', '-p', '-C', ...clean];

const tryRun = async (
  file: string,
  args: readonly string[],
): Promise<{readonly code: number; readonly stdout: string; readonly stderr: string}> => {
  try {
    return {code: 0, ...(await run(file, args, {timeout: 60_000}))};
  } catch (error) {
    const {code, stdout = '', stderr = ''} = error as {code?: unknown; stdout?: string; stderr?: string};
    return {code: typeof code === 'number' ? code : 1, stdout, stderr};
  }
};
