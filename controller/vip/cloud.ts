/**
 * A cloud's side of the VIP: who gets its packets. What every API provider implements; `cloud-vip.ts` makes the three
 * verbs of a VipProvider of it, with the address on the host where the mode needs it.
 *
 * For every method: the signal ends it, whatever hangs; throttling and eventual consistency are waited for inside it;
 * an error is a CloudFailed that names the host, the VIP, the API's own error and the next action. No secret is in it.
 */
export interface VipCloud {
  /** For people: "aws private_ip". */
  readonly name: string;
  /**
   * Loads what the API needs, where that is much: it holds the whole process up, so it is done before any call to an
   * agent whose deadline would pass meanwhile. Never throws; what is wrong is told by the first call.
   */
  readonly prepare?: () => Promise<void>;
  /** Whom the API gives the VIP to, now. Changes nothing. A part of the VIP somewhere makes a holder. */
  findHolders(signal: AbortSignal): Promise<readonly CloudHolder[]>;
  /**
   * Gives the whole VIP to this host, whoever has it of `from`; anybody else is refused, by the API itself where it
   * can. OK: read back, the host is the one holder. Idempotent. Returns what is worth telling all the same.
   */
  grant(
    host: string,
    options: {readonly from: readonly string[]; readonly signal: AbortSignal},
  ): Promise<readonly string[]>;
  /** Takes the VIP from this host, dead or alive. OK: read back, it is no holder. Idempotent. */
  revoke(host: string, signal: AbortSignal): Promise<void>;
  /** Verifies settings and permissions against the live API, and changes nothing. Never throws but for the signal. */
  check(signal: AbortSignal): Promise<readonly CloudFinding[]>;
}

export interface CloudHolder {
  /** Host section of the cluster; undefined: not one of ours. */
  readonly host: string | undefined;
  /** Where it was found, for people: "eni-0123 (i-0abc)". */
  readonly place: string;
  /** It holds all of it: every address, in every route table. */
  readonly isWhole: boolean;
}

/** One line of `mha-helper check`. */
export interface CloudFinding {
  readonly result: 'ok' | 'FAIL' | 'note';
  readonly text: string;
  /** What the operator does next. */
  readonly hint?: string | undefined;
}

/** The API did not do, or did not show, what was asked. Whether it changed something is told by reading it. */
export class CloudFailed extends Error {
  override readonly name = 'CloudFailed';
  /** What the operator does next. */
  readonly hint: string;
  /** false: trying again changes nothing, like a missing permission. */
  readonly isWorthAnotherTry: boolean;

  constructor(
    message: string,
    {hint, isWorthAnotherTry, cause}: {hint: string; isWorthAnotherTry: boolean; cause?: unknown},
  ) {
    super(message, {cause});
    this.hint = hint;
    this.isWorthAnotherTry = isWorthAnotherTry;
  }
}
