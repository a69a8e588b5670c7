/** The certificate authority will not do this. Nothing was written. */
export class PkiRefused extends Error {
  override readonly name = 'PkiRefused';
  /** What the operator does next. */
  readonly hint: string;

  constructor(message: string, hint: string, cause?: unknown) {
    super(message, {cause});
    this.hint = hint;
  }
}
