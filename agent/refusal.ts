import type {RefusalReason} from '../proto/refusal.ts';

/** Something the agent will not or could not do, with the reason for the program and the sentence for a person. */
export class Refused extends Error {
  override readonly name: string = 'Refused';
  readonly reason: RefusalReason;
  /** What the operator does next; empty when the message says it all. */
  readonly hint: string;

  constructor(reason: RefusalReason, message: string, options: {hint?: string; cause?: unknown} = {}) {
    super(message, {cause: options.cause});
    this.reason = reason;
    this.hint = options.hint ?? '';
  }
}
