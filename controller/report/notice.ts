import {randomUUID} from 'node:crypto';
import {hostname} from 'node:os';
import type {FailoverAccount} from './compose-report.ts';

/** One thing that people are told, whichever way: everything known of it, so that it can be told later as well. */
export interface Notice {
  /** Of this notice, the same each time it is sent: receivers recognise one that comes twice. */
  readonly id: string;
  readonly atMs: number;
  /** Name of the manager. */
  readonly manager: string;
  readonly cluster: string;
  readonly event: 'failover' | 'abandoned_switch';
  readonly result: 'succeeded' | 'failed' | 'put_back' | 'not_put_back';
  /** `<cluster>-<epoch>`; undefined: there is no record. */
  readonly failover: string | undefined;
  readonly oldMaster: string;
  /** Undefined: there is none. */
  readonly newMaster: string | undefined;
  readonly subject: string;
  readonly body: string;
  readonly account: FailoverAccount | undefined;
  /** It could not be delivered at its time, and comes now. */
  readonly isDelayed?: boolean;
}

/** MHA's words come as arguments, which Linux bounds to this; ours are shorter. */
const mostOfBody = 131_072;
const mostOfSubject = 1024;

export const makeNotice = (facts: Omit<Notice, 'id' | 'atMs' | 'manager'>): Notice => ({
  ...facts,
  id: randomUUID(),
  atMs: Date.now(),
  manager: hostname(),
  subject: oneLine(facts.subject).slice(0, mostOfSubject),
  body: facts.body.slice(0, mostOfBody),
});

/** A subject is one line wherever it goes: what breaks lines in it would begin another header. */
export const oneLine = (text: string): string => text.replace(/\p{Cc}+/gu, ' ').trim();
