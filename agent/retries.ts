import type {Operations} from './operation/operations.ts';

/** A mysqld that was down while its operation was undone may come back at any time. */
const undoAgainMs = 2000;
/** An old master that wakes up takes writes until it is demoted. */
const demoteAgainMs = 500;

/** Tries again what could not be put back, or demoted, as long as something waits for it; else no timer runs. */
export const startRetries = (
  operations: Operations,
  failedAtStart: readonly string[],
): {failed(): readonly string[]; stop(): void} => {
  let failed = failedAtStart;
  const undo = repeat(undoAgainMs, {
    isNeeded: () => operations.hasPending(),
    act: async () => {
      failed = await operations.recover();
    },
  });
  const demotions = repeat(demoteAgainMs, {
    isNeeded: () => operations.pendingDemotions.areThere(),
    act: () => operations.pendingDemotions.attempt(),
  });
  const plan = (): void => {
    undo.plan();
    demotions.plan();
  };
  operations.onPending(plan);
  plan();
  return {
    failed: () => failed,
    stop: () => {
      undo.stop();
      demotions.stop();
    },
  };
};

const repeat = (
  everyMs: number,
  {isNeeded, act}: {readonly isNeeded: () => boolean; readonly act: () => Promise<void>},
): {plan(): void; stop(): void} => {
  let stopped = false;
  let isPlanned = false;
  let timer: NodeJS.Timeout | undefined;
  const plan = (): void => {
    if (stopped || isPlanned || !isNeeded()) return;
    isPlanned = true;
    timer = setTimeout(() => void attempt(), everyMs);
  };
  const attempt = async (): Promise<void> => {
    try {
      await act();
    } finally {
      isPlanned = false;
      plan();
    }
  };
  return {
    plan,
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
};
