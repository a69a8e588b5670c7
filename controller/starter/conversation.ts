/** From the hook to the starter: one line. After `mine` it says `go`, and nothing more; when it hangs up, it is gone. */
export interface Request {
  readonly nonce: string;
  /** The hook's process. */
  readonly pid: number;
  /** The hook's arguments, without passwords. */
  readonly argv: readonly string[];
  /** When MHA started the hook, milliseconds since 1970. */
  readonly beganMs: number;
}

/** From the starter to the hook: JSON, one a line. */
export type Answer =
  /** Nothing was done and nothing will be. */
  | {readonly say: 'no'}
  /** The cluster's lock is held for this start. Nothing is done before `go`, unless the hook was seen: then it is under way. */
  | {readonly say: 'mine'}
  /** For MHA's log. */
  | {readonly say: 'line'; readonly text: string}
  | {readonly say: 'alive'}
  | {readonly say: 'end'; readonly exitCode: number};

/** Passwords stay with the hook: nobody needs them. One that is not behind an equals sign is the argument after it. */
export const withoutPasswords = (argv: readonly string[]): readonly string[] =>
  argv.filter((argument, index) => {
    const isValue = /^--[^=]*passw[^=]*$/i.test(argv[index - 1] ?? '');
    return argument.startsWith('--') && !/^--[^=]*passw/i.test(argument) && !isValue;
  });
