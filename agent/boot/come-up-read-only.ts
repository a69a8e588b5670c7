import type {Log} from '../log.ts';
import type {Instance} from '../mysql/instance.ts';
import {makeReadOnly, readFlags} from '../mysql/read-only.ts';
import {sparedOn} from '../mysql/threads.ts';
import type {Background} from '../operation/background.ts';
import type {Journal} from '../operation/journal.ts';
import {lastDecision} from '../operation/mastership.ts';
import {toFailure} from '../operation/operation.ts';
import type {AfterBoot} from './boot-policy.ts';
import type {BootHold} from './boot-state.ts';

const againMs = 200;
const boundMs = 10_000;

export interface ComeUpMeans {
  readonly instances: ReadonlyMap<number, Instance>;
  readonly background: Background;
  readonly journal: Journal;
  readonly log: Log;
}

export interface ComingUp {
  failures(): readonly string[];
  /** Ports of those that came up read-only, and about which no operation has decided since. */
  readOnlySinceBoot(): readonly number[];
  stop(): void;
}

/**
 * Makes each pending instance read-only as soon as it answers, unless an operation has decided about it meanwhile. Then
 * mysqld starts as it is configured again.
 */
export const comeUpReadOnly = (after: AfterBoot, means: ComeUpMeans): ComingUp => {
  const {journal, background} = means;
  const holds = new Map(after.holds.map(hold => [hold.port, hold]));
  const isOverruled = ({port, decision}: BootHold): boolean => lastDecision(journal.records(), port)?.id !== decision;
  const failures = new Map<number, string>();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const settle = async (hold: BootHold): Promise<void> => {
    holds.set(hold.port, {...hold, isPending: false});
    failures.delete(hold.port);
    await after.state?.save([...holds.values()]);
  };
  const attempt = async (hold: BootHold): Promise<void> => {
    const instance = means.instances.get(hold.port);
    if (instance === undefined || isOverruled(hold)) return settle(hold);
    await background.run(hold.port, 'boot policy', async signal => {
      await holdReadOnly(instance, means.log, signal).then(
        () => settle(hold),
        error => {
          const {reason, message} = toFailure(error);
          if (!signal.aborted && reason !== 'MYSQL_UNREACHABLE' && reason !== 'DEADLINE')
            failures.set(hold.port, `boot: ${instance.name} cannot be made read-only: ${message}`);
        },
      );
    });
  };
  const pending = (): readonly BootHold[] => [...holds.values()].filter(({isPending}) => isPending);
  const round = async (): Promise<void> => {
    await Promise.all(pending().map(attempt));
    if (pending().length === 0) await after.state?.startAsConfigured();
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
    readOnlySinceBoot: () =>
      [...holds.values()].filter(hold => !hold.isPending && !isOverruled(hold)).map(({port}) => port),
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
