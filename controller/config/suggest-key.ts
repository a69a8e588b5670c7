import {keys} from './keys.ts';

/** The known key nearest to a mistyped one, or undefined when nothing is near enough to be meant. */
export const suggestKey = (written: string): string | undefined => {
  const [nearest] = Object.keys(keys)
    .map(name => ({name, distance: editDistance(written, name)}))
    .sort((one, other) => one.distance - other.distance);
  return nearest !== undefined && nearest.distance <= Math.max(2, nearest.name.length / 3) ? nearest.name : undefined;
};

/** Levenshtein: insertions, deletions and replacements, each one. */
const editDistance = (from: string, to: string): number => {
  let row = Array.from({length: to.length + 1}, (_, column) => column);
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1];
    for (const [column, other] of [...to].entries()) {
      const replaced = (row[column] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
};
