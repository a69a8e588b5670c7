/** One thing that is wrong with the configuration, and what to write instead. */
export interface Problem {
  /** The file, or the directory when that itself is the problem. */
  readonly file: string;
  /** Line of the file, where one is to blame. */
  readonly line?: number | undefined;
  readonly section?: string | undefined;
  readonly key?: string | undefined;
  /** The value as written. Never a value that may be a secret. */
  readonly value?: string | undefined;
  readonly message: string;
}

/** The configuration cannot be used. Names every problem of every file, so that one edit repairs them all. */
export class ConfigInvalid extends Error {
  override readonly name = 'ConfigInvalid';
  readonly problems: readonly Problem[];
  /** What the operator does next. */
  readonly hint = 'correct the configuration and check it with: mha-helper check';

  constructor(problems: readonly Problem[]) {
    super(problems.map(describeProblem).join('\n'));
    this.problems = problems;
  }
}

/** `/etc/mha-helper/db.conf:7 [db10] cluster_interface: empty; write …` */
export const describeProblem = ({file, line, section, key, message}: Problem): string => {
  const place = [
    line === undefined ? file : `${file}:${line}`,
    section === undefined ? undefined : `[${section}]`,
    key,
  ].filter(part => part !== undefined);
  return `${place.join(' ')}: ${message}`;
};
