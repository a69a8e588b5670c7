/** A duration as people say it: `412 ms`, `3.41 s`, `75 s`, `12 min`, `3 h`, `2 d`. */
export const sayDuration = (ms: number): string => {
  if (Number.isNaN(ms)) return '?';
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(2)} s`;
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  return ms < 172_800_000 ? `${Math.round(ms / 3_600_000)} h` : `${Math.round(ms / 86_400_000)} d`;
};

/** Local time as `2026-11-23 04:18:09`. */
export const sayLocalTime = (ms: number): string => {
  if (Number.isNaN(ms)) return 'unknown';
  const date = new Date(ms);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')}`;
};

/** MySQL's own port says nothing. */
export const sayHost = (key: string): string => key.replace(/:3306$/, '');
