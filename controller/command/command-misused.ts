/** The command line asks for something that does not exist. Exit code 2. */
export class CommandMisused extends Error {
  override readonly name = 'CommandMisused';
  /** What the operator does next. */
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}
