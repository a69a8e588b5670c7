/** The agent's configuration cannot be used: every problem at once, as `FILE [section] key: what, and what to write`. */
export class ConfigInvalid extends Error {
  override readonly name = 'ConfigInvalid';
  readonly file: string;
  readonly problems: readonly ConfigProblem[];

  constructor(file: string, problems: readonly ConfigProblem[], options: {cause?: unknown} = {}) {
    const lines = problems.map(({section, key, message}) => {
      const place = [file, section && `[${section}]`, key].filter(Boolean).join(' ');
      return `${place}: ${message}`;
    });
    super(lines.join('\n'), options);
    this.file = file;
    this.problems = problems;
  }
}

export interface ConfigProblem {
  readonly section?: string;
  readonly key?: string;
  readonly message: string;
}
