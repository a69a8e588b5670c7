/**
 * A signal that aborts with the caller's or at the bound. Not AbortSignal.any with AbortSignal.timeout: on Node 20
 * the garbage collector takes that pair before it has fired, and whatever hangs would hang us for ever [seen].
 */
export const boundedBy = (
  signal: AbortSignal,
  boundMs: number,
): {readonly signal: AbortSignal; readonly release: () => void} => {
  const ending = new AbortController();
  const follow = (): void => ending.abort(signal.reason);
  const timer = setTimeout(() => ending.abort(new DOMException('The bound has passed', 'TimeoutError')), boundMs);
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

/** Acts with such a signal, and lets it go afterwards. */
export const withBound = async <T>(
  signal: AbortSignal,
  boundMs: number,
  act: (bounded: AbortSignal) => Promise<T>,
): Promise<T> => {
  const bounded = boundedBy(signal, boundMs);
  try {
    return await act(bounded.signal);
  } finally {
    bounded.release();
  }
};
