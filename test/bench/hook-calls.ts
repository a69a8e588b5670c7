import {join} from 'node:path';
import {type RecordedCall, recordedArguments} from '../fixtures/hook-arguments.ts';
import {productHooks, scriptHooks} from '../lab/furnish.ts';
import type {MhaHooks} from '../lab/mha.ts';
import {repository} from '../lab/namespaces.ts';

export type Side = 'ours' | 'script';
export const sides: readonly Side[] = ['ours', 'script'];

/** Seconds of grace for applications, the same for both: the lab's cluster file says so too. */
export const killAfterTimeout = 1;

export const hooksOf: Readonly<Record<Side, MhaHooks>> = {
  ours: productHooks(),
  script: scriptHooks(killAfterTimeout),
};

/** A command line with what MHA 0.58 was recorded to append. */
export const hookCall = (side: Side, call: RecordedCall): readonly string[] => {
  const {onlineHook, failoverHook} = hooksOf[side];
  const program = call.startsWith('online') ? onlineHook : failoverHook;
  return [...program.split(' '), ...recordedArguments(call).map(onLabPort)];
};

/** Recorded where sshd listened elsewhere. */
const onLabPort = (argument: string): string => argument.replace(/_ssh_port=\d+$/, '_ssh_port=22');

/** What an empty Node costs: no hook in this language can be faster. */
export const floorCall: readonly string[] = [process.execPath, '-e', '0'];

export const timedScript = join(repository, 'test/bench/timed.sh');
