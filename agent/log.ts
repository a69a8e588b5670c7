/** One JSON object a line on stdout: journald and every log shipper read it, and grep finds an operation by its id. */
export interface Log {
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** The same log with these fields on every line. */
  with(fields: Fields): Log;
}

export type Fields = Readonly<Record<string, unknown>>;

export const createLog = (write: (line: string) => void, fixed: Fields = {}): Log => {
  const line =
    (level: string) =>
    (message: string, fields: Fields = {}) =>
      write(`${JSON.stringify({time: new Date().toISOString(), level, message, ...fixed, ...flatten(fields)})}\n`);
  return {
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    with: fields => createLog(write, {...fixed, ...fields}),
  };
};

/** Errors say nothing in JSON; their message and cause do. */
const flatten = (fields: Fields): Fields =>
  Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, value instanceof Error ? describe(value) : value]),
  );

const describe = (error: Error): string =>
  error.cause instanceof Error ? `${error.message}: ${describe(error.cause)}` : error.message;
