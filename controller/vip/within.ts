/**
 * Runs something that takes a signal and returns when the time is over, even when it ignores the signal: nothing may
 * hold a hook beyond its deadline.
 */
export const within = async <T>(ms: number, what: string, act: (signal: AbortSignal) => Promise<T>): Promise<T> => {
  const controller = new AbortController();
  const {promise: over, reject} = withRejection();
  const timer = setTimeout(() => {
    controller.abort(new TimeOver(`${what}: no answer within ${ms} ms`));
    reject(controller.signal.reason);
  }, ms);
  try {
    return await Promise.race([act(controller.signal), over]);
  } finally {
    clearTimeout(timer);
  }
};

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
