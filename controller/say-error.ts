/** An error as a person reads it at three in the morning: what is wrong, all of it, and what to do next. No stack trace. */
export const sayError = (name: string, error: unknown): string[] => {
  const {message, hint} = error as Error & {hint?: string};
  const [first = '', ...more] = message.split('\n');
  const advice = hint === undefined || hint === '' ? [] : [hint];
  return [`${name}: ${first}`, ...[...more, ...advice].map(line => `  ${line}`)];
};
