export interface WithinWeight<T> {
  /** This much may be under way; an item that is heavier alone comes alone. */
  readonly limit: number;
  readonly weightOf: (item: T) => number;
  /** Who takes longer than this waits for somebody else and keeps nobody from beginning. */
  readonly patienceMs: number;
}

/** Runs `act` for every item, as many at a time as the limit allows; answers in the order of the items. */
export const withinWeight = async <T, R>(
  items: readonly T[],
  {limit, weightOf, patienceMs}: WithinWeight<T>,
  act: (item: T) => Promise<R>,
): Promise<readonly R[]> => {
  let underWay = 0;
  let wake = (): void => {};
  const running: Promise<R>[] = [];
  for (const item of items) {
    const weight = weightOf(item);
    while (underWay > 0 && underWay + weight > limit)
      await new Promise<void>(resolve => {
        wake = resolve;
      });
    underWay += weight;
    const one = act(item);
    const release = once(() => {
      underWay -= weight;
      wake();
    });
    const timer = setTimeout(release, patienceMs);
    one
      .catch(() => {}) // whoever awaits the whole hears of it
      .finally(() => {
        clearTimeout(timer);
        release();
      });
    running.push(one);
  }
  return Promise.all(running);
};

const once = (act: () => void): (() => void) => {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    act();
  };
};
