/**
 * Why an agent refused or failed something: the machine-readable half of every refusal. Both sides must agree
 * on the words, so they live here. The sentence for a person travels beside the reason.
 */
export const refusalReasons = {
  /** Another operation is open on this instance. */
  BUSY: 'another operation is open on this instance',
  /** The caller's epoch is lower than the highest this agent has seen for the cluster. */
  STALE_EPOCH: 'a newer failover of this cluster has been here',
  /** The caller's certificate has no role that may call this. */
  FORBIDDEN: 'the certificate may not do this',
  /** The agent's own configuration does not list this VIP, interface or instance. */
  NOT_ALLOWED: "the agent's own configuration does not allow this",
  /** The request itself makes no sense. */
  INVALID: 'the request is not valid',
  /** mysqld does not answer. */
  MYSQL_UNREACHABLE: 'mysqld does not answer',
  /** The agent's account lacks a privilege. */
  MISSING_PRIVILEGE: 'the account of the agent lacks a privilege',
  /** read_only could not be set within its bound. */
  READ_ONLY_BLOCKED: 'read_only could not be set in time',
  /** The server does not show what was just set. */
  NOT_VERIFIED: 'the change was made but could not be verified',
  /** Application threads were still there at the deadline. */
  THREADS_REMAIN: 'application threads are still connected',
  /** Another machine answers for the VIP. */
  VIP_IN_USE: 'another machine answers for the address',
  /** Removing the VIP would take the host's own address along. */
  WOULD_LOSE_ADDRESS: 'removing the address would remove others too',
  /** A system command failed. */
  COMMAND_FAILED: 'a system command failed',
  /** The journal cannot be written; nothing was changed. */
  JOURNAL: 'the journal cannot be written',
  /** The deadline passed. */
  DEADLINE: 'the deadline passed',
  /** The operation is not known, or something came after it. */
  NOT_UNDOABLE: 'the operation cannot be undone any more',
  /** A defect of the agent. */
  INTERNAL: 'the agent failed in a way it did not foresee',
} as const;

export type RefusalReason = keyof typeof refusalReasons;

/** Trailing metadata key that carries the reason of a refused call. */
export const reasonKey = 'mha-helper-reason';
/** Trailing metadata key that carries what the operator does next. */
export const hintKey = 'mha-helper-hint';

export const isRefusalReason = (text: string): text is RefusalReason => Object.hasOwn(refusalReasons, text);
