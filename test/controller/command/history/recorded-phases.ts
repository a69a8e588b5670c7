import type {Entry, PhaseResult, StepAccount} from '../../../../controller/record/entry.ts';
import {beganMs} from './recorded-cluster.ts';

type Step = Pick<StepAccount, 'step' | 'durationMs'> & Partial<StepAccount>;

interface Phase {
  readonly name: string;
  /** After the beginning of the first failover. */
  readonly afterMs: number;
  readonly steps: readonly Step[];
  /** Undefined: it was killed. */
  readonly result: PhaseResult | undefined;
  readonly pid?: number;
  readonly exitCode?: number;
  readonly notPutBack?: readonly string[];
}

/** The hook asks the hosts that long before its plan begins. */
export const askMs = 150;

/** The lines that a phase leaves, its steps one after another. */
export const phase = ({name, afterMs, steps, result, pid = 4321, exitCode, notPutBack = []}: Phase): Entry[] => {
  const atMs = beganMs + afterMs + askMs;
  let now = atMs;
  const lines = steps.map((step): Entry => {
    now += step.durationMs;
    return {type: 'step', atMs: now, hosts: ['db1'], result: 'ok', did: 'done', notes: [], ...step};
  });
  const end: Entry[] =
    result === undefined
      ? []
      : [{type: 'end', phase: name, result, notPutBack, atMs: now, ...(exitCode === undefined ? {} : {exitCode})}];
  return [{type: 'phase', phase: name, pid, atMs, beganMs: beganMs + afterMs}, ...lines, ...end];
};

export const versions: Entry = {
  type: 'hosts',
  hosts: [
    {host: 'db1:3306', agent: '1.0.0', server: '10.11.19-MariaDB'},
    {host: 'db2:3306', agent: '1.0.0', server: '10.11.19-MariaDB'},
  ],
};

export const released: Entry = {type: 'old_master', fencing: 'released', because: 'db1 was seen read-only'};

/** An online stop that took writes from db1: 4 + 2 + 400 + 7 + 20 + 60 + 15 ms. */
export const onlineStop = (afterMs = 0): Entry[] => {
  const [begin, ...rest] = phase({
    name: 'online stop',
    afterMs,
    result: 'done',
    exitCode: 0,
    steps: [
      {step: 'preflight', hosts: ['db1', 'db2'], durationMs: 4, did: 'nothing speaks against it'},
      {step: 'hold read-only', hosts: ['db2'], durationMs: 2, did: 'was read-only already'},
      {
        step: 'demote',
        durationMs: 400,
        did: 'read-only, no application threads',
        notes: ['killed 3 threads that were idle'],
        states: [
          {
            host: 'db1:3306',
            before: {readOnly: false, eventScheduler: 'ON', applicationThreads: 12},
            after: {readOnly: true, eventScheduler: 'OFF', applicationThreads: 0},
          },
        ],
      },
      {step: 'release VIP', durationMs: 7, did: 'released 10.77.0.100/24 on eth0'},
      {step: 'demote again', durationMs: 20, did: 'was demoted already'},
      {step: 'guard', hosts: [], durationMs: 60, did: 'process 999999 undoes this if MHA goes away'},
      {step: 'commit', hosts: ['db2', 'db1'], durationMs: 15, did: 'final'},
    ],
  });
  const operation: Entry = {type: 'operation', host: 'db1', port: 3306, operationId: 'one'};
  const guard: Entry = {type: 'guard', pid: 999_999, startTime: '1', mha: {pid: 999_998, startTime: '1'}};
  return [begin, versions, operation, ...rest.slice(0, 6), guard, ...rest.slice(6), released].filter(
    entry => entry !== undefined,
  );
};

/** How long MHA works between the phases of `onlineSwitch`. */
export const mhaMs = 250;

/** A whole switch: db1 stopped, db2 promoted. */
export const onlineSwitch = (): Entry[] => [
  ...onlineStop(),
  ...phase({
    name: 'online start',
    afterMs: 150 + 508 + mhaMs,
    result: 'done',
    exitCode: 0,
    pid: 4400,
    steps: [
      {step: 'preflight', hosts: ['db2'], durationMs: 1, did: 'nothing speaks against it'},
      {step: 'promote', hosts: ['db2'], durationMs: 12, did: 'writable'},
      {step: 'acquire VIP', hosts: ['db2'], durationMs: 30, did: 'acquired 10.77.0.100/24 on eth0'},
      {step: 'commit', hosts: ['db2'], durationMs: 4, did: 'final'},
    ],
  }),
];
