/** Runs `act` for every item, at most `limit` at a time; answers in the order of the items. */
export const withinLimit = async <T, R>(
  items: readonly T[],
  limit: number,
  act: (item: T) => Promise<R>,
): Promise<readonly R[]> => {
  const results: R[] = [];
  const waiting = items.entries();
  const work = async (): Promise<void> => {
    for (const [index, item] of waiting) results[index] = await act(item);
  };
  await Promise.all(Array.from({length: Math.min(limit, items.length)}, work));
  return results;
};
