import {type FileHandle, mkdir, open, readFile, rename} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {Refused} from '../refusal.ts';
import {BoundedDisk} from './bounded-disk.ts';
import type {Change} from './change.ts';
import type {Entry, Final, Leave} from './journal-entry.ts';
import {lastDecision} from './mastership.ts';
import {isPending, type PendingDemotion} from './pending-demotion.ts';
import type {NewOperation, OperationRecord, OperationState} from './record.ts';

/** A disk that is merely busy answers within that. */
const silentMs = 5000;
/** The same where a failover waits, and would not be helped by an answer. */
const hurryMs = 1000;
/** How often it is tried to write what a disk would not take. */
const catchUpMs = 10_000;

const diskTroubles = ['ENOSPC', 'EDQUOT', 'EIO'];

/** Beyond this size a finished operation is the occasion to write the file anew. */
const compactAboveBytes = 1 << 20;

/**
 * What was changed and how to put it back, on disk before it is changed: JSON lines, flushed one by one.
 * A torn last line is a change that never began, since a change waits for its flush. An operation that takes writes from a
 * master that was found dead (keepsWhenLost) is kept in memory where the disk will not have it: nobody undoes that one, and
 * the disk may be what the master died of.
 */
export class Journal {
  readonly #path: string;
  readonly #records = new Map<string, OperationRecord>();
  readonly #epochs = new Map<string, number>();
  /** Lines that could not be read at start: lost, and worth telling. */
  unreadableLines = 0;
  /** No agent has run here before. */
  isNew = false;
  /** How the life before this one has ended; undefined: otherwise, or not in order. */
  left: Leave | undefined;
  /** Why what is in memory is not on disk; undefined: it is. */
  behind: string | undefined;
  #file: FileHandle | undefined;
  /** Memory may not have what was written too late. */
  readonly #disk = new BoundedDisk(error => this.#fallBehind(error));
  #isClosed = false;
  #catchingUp: NodeJS.Timeout | undefined;
  #bytes = 0;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(path: string) {
    this.#path = path;
  }

  /**
   * Reads what is there and writes it anew without the finished operations. Throws when the directory cannot be written;
   * one that could be but for its disk is no reason for a host to have no agent.
   */
  static async open(stateDir: string): Promise<Journal> {
    await mkdir(stateDir, {recursive: true, mode: 0o700});
    const journal = new Journal(join(stateDir, 'journal.jsonl'));
    await journal.#replay();
    await journal.#compact().catch((error: NodeJS.ErrnoException) => {
      if (!diskTroubles.includes(error.code ?? '')) throw error;
      journal.#fallBehind(error);
    });
    return journal;
  }

  /** Operations that matter still: unfinished ones, those with a pending demotion, and of every instance the last and the one that says whether it is the master. Oldest first. */
  records(): readonly OperationRecord[] {
    return [...this.#records.values()];
  }

  record(id: string): OperationRecord | undefined {
    return this.#records.get(id);
  }

  /** Highest epoch ever opened for the cluster; 0 when none was. */
  epoch(cluster: string): number {
    return this.#epochs.get(cluster) ?? 0;
  }

  epochs(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#epochs);
  }

  /** `takesOver`: an operation whose changes become this one's, with the same line. */
  async begin(operation: NewOperation, takesOver?: string): Promise<void> {
    await this.#append({type: 'open', ...operation, ...(takesOver === undefined ? {} : {takesOver})});
  }

  async willChange(id: string, changes: readonly Change[]): Promise<void> {
    await this.#append({type: 'change', id, changes});
  }

  /** A Demote failed and is to be done later. */
  async willDemote(id: string, demotion: PendingDemotion): Promise<void> {
    await this.#append({type: 'pending_demotion', id, ...demotion});
  }

  /** The pending demotions of these operations are done. */
  async settle(ids: readonly string[]): Promise<void> {
    await this.#append({type: 'settled', ids});
  }

  async finish(id: string, state: OperationState, {settles = [], makesMaster}: Final = {}): Promise<void> {
    await this.#append({type: 'state', id, state, ...(settles.length > 0 ? {settles} : {}), makesMaster});
    if (this.#bytes > compactAboveBytes) await this.#inTurn(() => this.#catchUp());
  }

  async leave(how: Leave): Promise<void> {
    await this.#append({type: 'left', ...how});
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#catchingUp);
    if (this.#disk.isBusy) return;
    await this.#inTurn(async () => this.#file?.close());
    this.#file = undefined;
  }

  /** One line, flushed. Not on disk means not applied to memory either: the caller must not go on. */
  async #append(entry: Entry): Promise<void> {
    await this.#inTurn(async () => {
      const isKeptAnyway = this.#isKeptAnyway(entry);
      try {
        await this.#disk.within(isKeptAnyway ? hurryMs : silentMs, () => this.#write(entry));
      } catch (error) {
        if (isKeptAnyway) return this.#keepInMemory(entry, error as Error);
        throw new Refused('JOURNAL', `could not write ${this.#path}: ${(error as Error).message}`, {
          cause: error,
          hint: `make room on the file system of ${dirname(this.#path)} and check that the agent may write there`,
        });
      }
      this.#apply(entry);
    });
  }

  async #write(entry: Entry): Promise<void> {
    if (this.#isClosed) throw new Error('the journal is closed');
    if (this.behind !== undefined) await this.#compact(); // or a line would stand there without those that it rests on
    if (this.#file === undefined) throw new Error('the journal is not open');
    // The leading newline closes a line that a failed write may have left torn.
    const line = `\n${JSON.stringify(entry)}\n`;
    await this.#file.appendFile(line);
    await this.#file.datasync();
    this.#bytes += line.length;
  }

  #isKeptAnyway(entry: Entry): boolean {
    if (entry.type === 'open') return entry.keepsWhenLost === true;
    const ids = 'id' in entry ? [entry.id] : entry.type === 'settled' ? entry.ids : [];
    return ids.length > 0 && ids.every(id => this.#records.get(id)?.keepsWhenLost === true);
  }

  #keepInMemory(entry: Entry, error: Error): void {
    this.#apply(entry);
    this.#fallBehind(error);
  }

  #fallBehind({message}: Error): void {
    this.behind = message;
    clearTimeout(this.#catchingUp);
    if (this.#isClosed) return;
    this.#catchingUp = setTimeout(() => void this.#inTurn(() => this.#catchUp()), catchUpMs).unref();
  }

  async #catchUp(): Promise<void> {
    try {
      await this.#disk.within(silentMs, () => this.#compact());
    } catch (error) {
      this.#fallBehind(error as Error);
    }
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(act, act);
    this.#last = turn.catch(() => undefined); // its own caller hears of the failure
    return turn;
  }

  #apply(entry: Entry): void {
    if (entry.type === 'epoch') this.#raise(entry.cluster, entry.epoch);
    else if (entry.type === 'open') {
      const {type: _, takesOver = '', ...operation} = entry;
      this.#raise(operation.cluster, operation.epoch);
      const earlier = this.#records.get(takesOver);
      if (earlier !== undefined)
        this.#records.set(takesOver, {...earlier, state: 'committed', takenOverBy: operation.id});
      this.#records.set(operation.id, {...operation, changes: earlier?.changes ?? [], state: 'open'});
    } else if (entry.type === 'settled') this.#settle(entry.ids);
    else if (entry.type === 'left') this.left = entry;
    else this.#amend(entry);
  }

  #amend(entry: Exclude<Entry, {type: 'epoch' | 'open' | 'settled' | 'left'}>): void {
    const record = this.#records.get(entry.id);
    if (record === undefined) return;
    if (entry.type === 'change')
      this.#records.set(entry.id, {...record, changes: [...record.changes, ...entry.changes]});
    else if (entry.type === 'pending_demotion') {
      const {superReadOnly, excludeUsers} = entry;
      this.#records.set(entry.id, {...record, pendingDemotion: {superReadOnly, excludeUsers}});
    } else {
      const makesMaster = entry.makesMaster ?? record.makesMaster;
      this.#records.set(entry.id, {...record, state: entry.state, makesMaster});
      this.#settle(entry.settles ?? []);
    }
  }

  #settle(ids: readonly string[]): void {
    for (const id of ids) {
      const record = this.#records.get(id);
      if (record !== undefined) this.#records.set(id, {...record, pendingDemotion: undefined});
    }
  }

  #raise(cluster: string, epoch: number): void {
    this.#epochs.set(cluster, Math.max(epoch, this.epoch(cluster)));
  }

  async #replay(): Promise<void> {
    const text = await readFile(this.#path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      this.isNew = true;
      return '';
    });
    for (const line of text.split('\n').filter(line => line !== '')) {
      try {
        this.#apply(JSON.parse(line) as Entry);
      } catch {
        this.unreadableLines++; // torn by a power loss, or damaged: told as a warning of the agent
      }
    }
  }

  /** Temporary file, flush, rename, flush the directory: at every moment one whole journal is there. */
  async #compact(): Promise<void> {
    this.#forgetFinished();
    const lines = this.#snapshot().map(entry => `${JSON.stringify(entry)}\n`);
    const temporary = `${this.#path}.new`;
    const fresh = await open(temporary, 'w', 0o600);
    try {
      await fresh.appendFile(lines.join(''));
      await fresh.sync();
      await rename(temporary, this.#path);
    } catch (error) {
      await fresh.close();
      throw error;
    }
    const directory = await open(dirname(this.#path));
    await directory.sync();
    await directory.close();
    await this.#file?.close();
    this.#file = fresh;
    this.behind = undefined;
    this.#bytes = lines.join('').length;
  }

  #forgetFinished(): void {
    const lastOfInstance = new Map<number, string>();
    for (const record of this.#records.values()) lastOfInstance.set(record.port, record.id);
    for (const record of this.records()) {
      const unfinished = record.state === 'open' || record.state === 'undo_pending' || isPending(record);
      const isDecision = lastDecision(this.records(), record.port) === record;
      if (!unfinished && !isDecision && lastOfInstance.get(record.port) !== record.id) this.#records.delete(record.id);
    }
  }

  #snapshot(): Entry[] {
    const epochs = [...this.#epochs].map(([cluster, epoch]): Entry => ({type: 'epoch', cluster, epoch}));
    const operations = this.records().flatMap(
      ({changes, state, pendingDemotion, makesMaster, takenOverBy: _, ...operation}): Entry[] => [
        {type: 'open', ...operation},
        ...(changes.length > 0 ? [{type: 'change', id: operation.id, changes} as const] : []),
        ...(pendingDemotion === undefined
          ? []
          : [{type: 'pending_demotion', id: operation.id, ...pendingDemotion} as const]),
        ...(state === 'open' ? [] : [{type: 'state', id: operation.id, state, makesMaster} as const]),
      ],
    );
    return [...epochs, ...operations];
  }
}
