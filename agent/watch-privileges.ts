import type {Log} from './log.ts';
import type {Instance} from './mysql/instance.ts';
import {readInstanceStatus} from './mysql/read-status.ts';

/** Until a mysqld has answered once; after that no timer runs. */
const againMs = 5000;
const answerMs = 3000;

/** Tells in the log, once for every instance, what the agent's account there lacks: the exact statements to run. */
export const watchPrivileges = (instances: readonly Instance[], log: Log): {stop(): void} => {
  const timers = new Set<NodeJS.Timeout>();
  const look = async (instance: Instance): Promise<void> => {
    const status = await readInstanceStatus(instance, {brief: false, signal: AbortSignal.timeout(answerMs)});
    if (status.reachable) return tellGrants(instance, status.missingGrants, log);
    log.warn('mysqld does not answer', {instance: instance.name, error: status.error});
    again(instance);
  };
  const again = (instance: Instance): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      void look(instance); // tells its own failure
    }, againMs);
    timers.add(timer);
  };
  for (const instance of instances) void look(instance);
  return {stop: () => timers.forEach(clearTimeout)};
};

const tellGrants = (instance: Instance, missing: readonly string[], log: Log): void => {
  if (missing.length === 0) log.info('the account has every privilege it needs', {instance: instance.name});
  else log.error('the account lacks privileges: run these statements', {instance: instance.name, statements: missing});
};
