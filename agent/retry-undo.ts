import type {Operations} from './operation/operations.ts';

/** A mysqld that was down while its operation was undone may come back at any time. */
const againMs = 2000;

/** Tries again what could not be put back, as long as something waits for it; else no timer runs. */
export const retryUndo = (
  operations: Operations,
  failedAtStart: readonly string[],
): {failed(): readonly string[]; stop(): void} => {
  let failed = failedAtStart;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const plan = (): void => {
    if (stopped || timer !== undefined || !operations.hasPending()) return;
    timer = setTimeout(() => {
      timer = undefined;
      void operations
        .recover()
        .then(left => {
          failed = left;
        })
        .finally(plan);
    }, againMs);
  };
  operations.onPending(plan);
  plan();
  return {
    failed: () => failed,
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
};
