import type {Log} from '../log.ts';
import type {Instance} from '../mysql/instance.ts';
import {makeReadOnly, readFlags} from '../mysql/read-only.ts';
import {sparedOn} from '../mysql/threads.ts';
import type {Background} from '../operation/background.ts';
import type {Journal} from '../operation/journal.ts';
import {lastDecision} from '../operation/mastership.ts';
import {toFailure} from '../operation/operation.ts';
import type {AfterBoot} from './boot-policy.ts';

const againMs = 200;
const boundMs = 10_000;

export interface ComeUpMeans {
  readonly instances: ReadonlyMap<number, Instance>;
  readonly background: Background;
  readonly journal: Journal;
  readonly log: Log;
}

/**
 * Makes each pending instance read-only as soon as it answers, unless an operation has decided about it meanwhile. Then
 * mysqld starts as it is configured again.
 */
export const comeUpReadOnly = (after: AfterBoot, means: ComeUpMeans): {failures(): readonly string[]; stop(): void} => {
  const {journal, background} = means;
  const decisionOn = (port: number): string | undefined => lastDecision(journal.records(), port)?.id;
  const pending = new Map(after.pending.map(port => [port, decisionOn(port)]));
  const failures = new Map<number, string>();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const settle = async (port: number): Promise<void> => {
    pending.delete(port);
    failures.delete(port);
    await after.state?.save([...pending.keys()]);
  };
  const attempt = async ([port, decision]: [number, string | undefined]): Promise<void> => {
    const instance = means.instances.get(port);
    if (instance === undefined || decisionOn(port) !== decision) return settle(port);
    await background.run(port, 'boot policy', async signal => {
      await holdReadOnly(instance, means.log, signal).then(
        () => settle(port),
        error => {
          const {reason, message} = toFailure(error);
          if (!signal.aborted && reason !== 'MYSQL_UNREACHABLE' && reason !== 'DEADLINE')
            failures.set(port, `boot: ${instance.name} cannot be made read-only: ${message}`);
        },
      );
    });
  };
  const round = async (): Promise<void> => {
    await Promise.all([...pending].map(attempt));
    if (pending.size === 0) await after.state?.startAsConfigured();
    else if (!stopped) timer = setTimeout(again, againMs);
  };
  const again = (): void => {
    round().catch(error => {
      means.log.error('boot policy', {error});
      if (!stopped) timer = setTimeout(again, againMs);
    });
  };
  again();
  return {
    failures: () => [...after.failures, ...failures.values()],
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
};

const holdReadOnly = async (instance: Instance, log: Log, signal: AbortSignal): Promise<void> => {
  const {readOnly} = await readFlags(instance, signal);
  if (!readOnly) {
    const spared = sparedOn(instance);
    // Who writes already does so where nobody may: it is killed at once.
    await makeReadOnly({instance, superReadOnly: false, killAfterMs: 0, boundMs, spared, signal, progress: () => {}});
  }
  log.warn('boot: the instance is read-only, since it is not known to be the master', {port: instance.port});
};
