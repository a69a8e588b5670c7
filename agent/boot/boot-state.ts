import {readFile, rename, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';

/** What is still to be done of the boot policy, in a directory that systemd empties at every boot. */
export class BootState {
  readonly #file: string;
  readonly #flag: string;

  constructor(directory: string) {
    this.#file = join(directory, 'boot.json');
    this.#flag = join(directory, 'start-read-only');
  }

  /** The ports of instances that are still to become read-only; undefined: no agent has run since the boot. */
  async pending(): Promise<readonly number[] | undefined> {
    try {
      return (JSON.parse(await readFile(this.#file, 'utf8')) as {readonly pending: readonly number[]}).pending;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Whole or not at all: an agent that is killed meanwhile begins again. */
  async save(pending: readonly number[]): Promise<void> {
    await writeFile(`${this.#file}.new`, `${JSON.stringify({pending})}\n`);
    await rename(`${this.#file}.new`, this.#file);
  }

  /**
   * For every mysqld that is started from now on: the packages' drop-in (mysqld-boot-policy.conf) turns this into an option
   * file. So mysqld never takes writes, not even until the agent gets through to it.
   */
  async startReadOnly(): Promise<void> {
    await writeFile(this.#flag, '');
  }

  /** Later starts are as mysqld's own configuration says. */
  async startAsConfigured(): Promise<void> {
    await rm(this.#flag, {force: true});
  }
}
