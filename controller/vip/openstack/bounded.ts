/**
 * A signal that aborts with the caller's or at the bound. Not AbortSignal.any with AbortSignal.timeout: on Node 20 the
 * garbage collector takes that pair before it has fired.
 */
export const boundedBy = (
  signal: AbortSignal,
  boundMs: number,
): {readonly signal: AbortSignal; readonly release: () => void} => {
  const ending = new AbortController();
  const follow = (): void => ending.abort(signal.reason);
  const timer = setTimeout(() => ending.abort(new Error(`no answer within ${boundMs} ms`)), boundMs);
  if (signal.aborted) follow();
  else signal.addEventListener('abort', follow, {once: true});
  return {
    signal: ending.signal,
    release: () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', follow);
    },
  };
};
