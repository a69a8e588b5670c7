/**
 * Runs something that takes a signal and returns when the time is over, even when it ignores the signal: nothing may
 * hold a hook beyond its deadline.
 */
export const within = async <T>(ms: number, what: string, act: (signal: AbortSignal) => Promise<T>): Promise<T> => {
  const controller = new AbortController();
  const {promise: over, reject} = withRejection();
  let lastWord: NodeJS.Timeout | undefined;
  const timer = setTimeout(() => {
    controller.abort(new TimeOver(`${what}: no answer within ${ms} ms`));
    // whoever follows the signal knows better what did not answer, and says so at once
    lastWord = setTimeout(() => reject(controller.signal.reason), lastWordMs);
  }, ms);
  try {
    return await Promise.race([act(controller.signal), over]);
  } finally {
    clearTimeout(timer);
    clearTimeout(lastWord);
  }
};

const lastWordMs = 100;

export class TimeOver extends Error {
  override readonly name = 'TimeOver';
}

const withRejection = (): {promise: Promise<never>; reject: (reason: unknown) => void} => {
  let reject: (reason: unknown) => void = () => {};
  const promise = new Promise<never>((_, fail) => {
    reject = fail;
  });
  return {promise, reject};
};
