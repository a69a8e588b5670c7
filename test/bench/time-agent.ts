import {setTimeout as delay} from 'node:timers/promises';
import type {Mysqld} from '../fixtures/mysqld.ts';
import type {RunningAgent} from '../fixtures/running-agent.ts';
import {demoteAndUndo} from './demote-undo.ts';
import {processorMs, residentMib} from './processes.ts';
import {type Spread, spreadOf} from './spread.ts';

const deadlineMs = 10_000;

/** Milliseconds of a processor that an agent uses while nobody calls it. */
export const idleProcessorMs = async ({pid}: RunningAgent, forMs: number): Promise<number> => {
  await delay(12_000); // V8 tidies up once after a start
  const before = processorMs(pid);
  await delay(forMs);
  return processorMs(pid) - before;
};

export interface Growth {
  /** After what the first minute of a fleet under watch brings: 60 status calls and two operations. */
  readonly firstMib: number;
  /** After all of it. */
  readonly laterMib: number;
}

/** Makes status calls and operations, and tells what the agent's memory was early and at the end. */
export const measureGrowth = async (
  agent: RunningAgent,
  mysqld: Mysqld,
  {calls, operations}: {readonly calls: number; readonly operations: number},
): Promise<Growth> => {
  const work = async (someCalls: number, someOperations: number): Promise<number> => {
    for (let call = 0; call < someCalls; call++) await agent.agent.getStatus({brief: false}, {deadlineMs});
    for (let operation = 0; operation < someOperations; operation++) await demoteAndUndo(agent, mysqld.port);
    return residentMib(agent.pid);
  };
  return {firstMib: await work(60, 2), laterMib: await work(calls, operations)};
};

export interface UnderLoad {
  readonly calls: number;
  /** Reached; less than wanted when agent or client cannot keep up. */
  readonly perSecond: number;
  /** From the moment a call was due, so that a queue counts. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly demoteAloneMs: Spread;
  readonly demoteMs: Spread;
}

/** Status calls at a fixed rate, whether the agent answers or not, while one demotion follows the other. */
export const measureUnderLoad = async (
  agent: RunningAgent,
  mysqld: Mysqld,
  {perSecond, seconds}: {readonly perSecond: number; readonly seconds: number},
): Promise<UnderLoad> => {
  const alone: number[] = [];
  for (let round = 0; round < 10; round++) alone.push(await demoteAndUndo(agent, mysqld.port));
  const calls = perSecond * seconds;
  const latencies: number[] = [];
  const pending: Promise<unknown>[] = [];
  const startedMs = performance.now();
  const over = new AbortController();
  const demoting = demoteUntil(over.signal, agent, mysqld);
  for (let call = 0; call < calls; call++) {
    const dueMs = startedMs + (call * 1000) / perSecond;
    if (dueMs - performance.now() > 1) await delay(dueMs - performance.now());
    const answer = agent.agent.getStatus({brief: true}, {deadlineMs});
    pending.push(answer.then(() => latencies.push(performance.now() - dueMs)));
  }
  await Promise.all(pending);
  const tookMs = performance.now() - startedMs;
  over.abort();
  const busy = await demoting;
  latencies.sort((one, other) => one - other);
  const at = (part: number) => latencies[Math.floor((latencies.length - 1) * part)] ?? Number.NaN;
  return {
    calls,
    perSecond: (calls * 1000) / tookMs,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    demoteAloneMs: spreadOf(alone),
    demoteMs: spreadOf(busy),
  };
};

const demoteUntil = async (signal: AbortSignal, agent: RunningAgent, mysqld: Mysqld): Promise<readonly number[]> => {
  const times: number[] = [];
  while (!signal.aborted) times.push(await demoteAndUndo(agent, mysqld.port));
  return times;
};
