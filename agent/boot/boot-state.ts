import {readFile, rename, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';

/** An instance that is to come up read-only after this boot, or has. */
export interface BootHold {
  readonly port: number;
  /** The operation that had decided last whether it is the master; undefined: none. A later one overrules the boot. */
  readonly decision: string | undefined;
  readonly isPending: boolean;
}

/** What the boot policy does at this boot, in a directory that systemd empties at every boot. */
export class BootState {
  readonly #file: string;
  readonly #flag: string;

  constructor(directory: string) {
    this.#file = join(directory, 'boot.json');
    this.#flag = join(directory, 'start-read-only');
  }

  /** What an earlier life of the agent has decided; undefined: none has run since the boot. */
  async holds(): Promise<readonly BootHold[] | undefined> {
    try {
      return (JSON.parse(await readFile(this.#file, 'utf8')) as {readonly holds?: readonly BootHold[]}).holds ?? [];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Whole or not at all: an agent that is killed meanwhile begins again. */
  async save(holds: readonly BootHold[]): Promise<void> {
    await writeFile(`${this.#file}.new`, `${JSON.stringify({holds})}\n`);
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
