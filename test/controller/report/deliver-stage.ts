import {mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {TestContext} from 'node:test';
import type {ReportConfig, WebhookConfig} from '../../../controller/config/cluster-config.ts';
import {deadline} from '../../../controller/report/attempt.ts';
import {deliver} from '../../../controller/report/deliver.ts';
import {makeNotice, type Notice} from '../../../controller/report/notice.ts';
import {retryWaiting} from '../../../controller/report/retry.ts';

export const hostile = 'a\r\nBcc: eve@example.com\0 <!channel> "$(reboot)" \u2028 ‮ `id`';

export const facts = {
  cluster: 'app1',
  event: 'failover',
  result: 'succeeded',
  failover: 'app1-7',
  oldMaster: 'db2:3306',
  newMaster: 'db1',
  subject: 'app1: MySQL Master failover db2 to db1 succeeded',
  body: 'Master db2 is down!\n',
  account: {
    oldMaster: 'db2:3306',
    fencing: {fencing: 'released', because: 'its agent took the VIP off'},
    vips: [{cidr: '10.77.0.50/24', holders: ['db1']}],
    notes: [],
  },
} as const;

/** A state directory, a configuration of ways to tell people, and what was said about them. */
export class DeliverStage {
  readonly directory: string;
  readonly said: string[] = [];
  config: ReportConfig = {
    recipients: [],
    smtp: {host: '127.0.0.1', port: 1, account: undefined},
    webhook: undefined,
    command: undefined,
  };

  constructor(t: TestContext) {
    this.directory = mkdtempSync(join(tmpdir(), 'mha-helper-deliver-'));
    t.after(() => rmSync(this.directory, {recursive: true, force: true}));
  }

  get settings() {
    return {stateDir: this.directory, name: 'app1', report: this.config, hosts: []};
  }

  webhook(url: string, more: Partial<WebhookConfig> = {}): void {
    const webhook = {target: {url}, format: 'json', keyFile: undefined, caFile: undefined, ...more} as const;
    this.config = {...this.config, webhook};
  }

  file(name: string, content: string, mode = 0o600): string {
    const file = join(this.directory, name);
    writeFileSync(file, content, {mode});
    return file;
  }

  /** A program of the operator. */
  command(script: string, ...args: readonly string[]): void {
    this.config = {...this.config, command: [this.file('tell', `#!/bin/bash\n${script}\n`, 0o755), ...args]};
  }

  deliver({withinMs = 5000, ...changes}: Partial<Notice> & {withinMs?: number} = {}): Promise<boolean> {
    const notice = makeNotice({...facts, ...changes});
    const tell = (line: string): void => void this.said.push(line);
    return deliver({settings: this.settings, section: undefined, config: this.config, notice, tell, withinMs});
  }

  async retry(withinMs = 5000): Promise<void> {
    const {signal, clear} = deadline(withinMs);
    await retryWaiting({settings: this.settings, signal, tell: line => void this.said.push(line)});
    clear();
  }

  /** Names of the files that wait. */
  get waiting(): readonly string[] {
    return readdirSync(this.queue).toSorted();
  }

  get queue(): string {
    return join(this.directory, 'app1/reports');
  }

  waitingText(): string {
    return this.waiting.map(name => readFileSync(join(this.queue, name), 'utf8')).join('\n');
  }

  modes(): readonly number[] {
    return [this.queue, ...this.waiting.map(name => join(this.queue, name))].map(path => statSync(path).mode & 0o777);
  }

  /** The pause after the last attempt is over. */
  passTime(): void {
    const past = new Date(Date.now() - 3_600_000);
    for (const name of this.waiting) utimesSync(join(this.queue, name), past, past);
  }
}
