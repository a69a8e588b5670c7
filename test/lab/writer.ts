import {join} from 'node:path';
import {createInterface} from 'node:readline';
import type {Outage, WriterOptions, WriterReport, WriterRequest} from '../fixtures/writer-protocol.ts';
import {accounts} from './accounts.ts';
import {nodeCommand} from './agents.ts';
import type {Hosts} from './hosts.ts';
import {repository} from './namespaces.ts';
import {killGroup} from './run.ts';
import {addresses, type DbHost, writerVip} from './topology.ts';

/** The writing client on host `client`. */
export interface Writer {
  /**
   * Runs `act` and answers the write outage it caused, measured until every writer has committed again (`withinMs`,
   * default 30 s).
   */
  around<T>(
    label: string,
    act: () => Promise<T>,
    withinMs?: number,
  ): Promise<{readonly result: T; readonly outage: Outage}>;
  /** Compares, while it goes on writing, what was acknowledged by now with what `master` has. */
  audit(master: DbHost): Promise<WriterReport>;
  /** Stops writing and compares what was acknowledged with what `master` has. */
  finish(master: DbHost): Promise<WriterReport>;
  kill(): void;
}

/** Starts writing through the VIP; returns when every writer has committed. Default: one writer, 300 inserts a second. */
export const startWriter = async (hosts: Hosts, options: Partial<WriterOptions> = {}): Promise<Writer> => {
  const child = hosts.open('client', nodeCommand(join(repository, 'test/fixtures/writer.ts')));
  const {stdin, stdout} = child;
  if (stdin === null || stdout === null) throw new Error('the writer has no pipes');
  const answers = createInterface({input: stdout})[Symbol.asyncIterator]();
  const ask = async <T>(request: WriterRequest): Promise<T> => {
    stdin.write(`${JSON.stringify(request)}\n`);
    const {value, done} = await answers.next();
    if (done) throw new Error(`the writer ended when asked to ${request.do}`);
    const answer: {result: T; error?: string} = JSON.parse(value);
    if (answer.error !== undefined) throw new Error(`writer, asked to ${request.do}: ${answer.error}`);
    return answer.result;
  };
  await ask({do: 'start', ...defaults, ...options});
  return {
    around: async (label, act, withinMs = 30_000) => {
      await ask({do: 'mark', label});
      const result = await act();
      return {result, outage: await ask<Outage>({do: 'measure', label, withinMs})};
    },
    audit: master => ask<WriterReport>({do: 'report', host: addresses[master]}),
    finish: async master => {
      await ask({do: 'stop', withinMs: 10_000});
      const report = await ask<WriterReport>({do: 'report', host: addresses[master]});
      stdin.end();
      return report;
    },
    kill: () => killGroup(child, 'SIGKILL'),
  };
};

const defaults: WriterOptions = {
  host: writerVip.slice(0, writerVip.indexOf('/')),
  ...accounts.app,
  writers: 1,
  firstWriter: 0,
  rate: 300,
  shape: 'row',
  connectTimeoutMs: 200,
  statementTimeoutMs: 2000,
  retryPauseMs: 5,
  idle: 0,
};
