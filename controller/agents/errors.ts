import {type ServiceError, status} from '@grpc/grpc-js';
import {hintKey, isRefusalReason, type RefusalReason, reasonKey} from '../../proto/refusal.ts';

/** Why an agent could not be reached; each is cured in another way. */
export type UnreachableCause =
  /** The name of the agent's address cannot be resolved. */
  | 'name'
  /** Nobody listens there. */
  | 'refused'
  /** No answer in time, or no way there. */
  | 'silent'
  /** Whoever listens there is not an agent. */
  | 'not_an_agent'
  /** The agent's certificate was issued by another authority. */
  | 'wrong_ca'
  /** The agent's certificate is expired, not yet valid or revoked. */
  | 'agent_certificate'
  /** The agent there is another host's. */
  | 'wrong_host'
  /** The agent does not accept our certificate. */
  | 'own_certificate'
  /** The connection broke, and nothing more is known. */
  | 'broken';

/** Nobody knows what the agent did or did not do: the call may have arrived. */
export class AgentUnreachable extends Error {
  override readonly name = 'AgentUnreachable';
  readonly host: string;
  readonly why: UnreachableCause;
  /** What the operator does next. */
  readonly hint: string;

  constructor(host: string, details: {message: string; why: UnreachableCause; hint: string; cause?: unknown}) {
    super(`agent on ${host}: ${details.message}`, {cause: details.cause});
    this.host = host;
    this.why = details.why;
    this.hint = details.hint;
  }
}

export interface Refusal {
  readonly message: string;
  readonly reason: RefusalReason;
  readonly hint: string;
  readonly notes?: readonly string[];
  /** It could not now, and does it by itself as soon as it can, once the operation is committed. */
  readonly isPending?: boolean;
  readonly cause?: unknown;
}

/** The agent answered and will not. */
export class AgentRefused extends Error {
  override readonly name = 'AgentRefused';
  readonly host: string;
  readonly reason: RefusalReason;
  /** What the operator does next; empty when the message says it all. */
  readonly hint: string;
  /** What else the agent found worth telling. */
  readonly notes: readonly string[];
  readonly isPending: boolean;

  constructor(host: string, {message, reason, hint, notes = [], isPending = false, cause}: Refusal) {
    super(`agent on ${host}: ${message}`, {cause});
    this.host = host;
    this.reason = reason;
    this.hint = hint;
    this.notes = notes;
    this.isPending = isPending;
  }
}

/** The one place that reads gRPC status codes. An agent always gives its reason; without one, it was the transport. */
export const toAgentError = (host: string, error: ServiceError): AgentUnreachable | AgentRefused => {
  const reason = firstText(error, reasonKey);
  if (isRefusalReason(reason)) {
    return new AgentRefused(host, {
      message: error.details,
      reason,
      hint: decode(firstText(error, hintKey)),
      cause: error,
    });
  }
  switch (error.code) {
    case status.UNIMPLEMENTED:
      return refused(host, error, 'INVALID', 'agent and controller are of different versions: upgrade the older');
    case status.RESOURCE_EXHAUSTED:
      return refused(host, error, 'INVALID', '');
    case status.DEADLINE_EXCEEDED:
      return noAnswer(host, error);
    default:
      return new AgentUnreachable(host, {
        message: error.details,
        why: 'broken',
        hint: 'look at the log of the agent: journalctl -u mha-helper-agent',
        cause: error,
      });
  }
};

export const noAnswer = (host: string, cause?: ServiceError): AgentUnreachable =>
  new AgentUnreachable(host, {
    message: 'did not answer in time',
    why: 'silent',
    hint: 'is the host up, and does the process run? systemctl status mha-helper-agent',
    cause,
  });

const refused = (host: string, error: ServiceError, reason: RefusalReason, hint: string): AgentRefused =>
  new AgentRefused(host, {message: error.details, reason, hint, cause: error});

const firstText = (error: ServiceError, key: string): string => String(error.metadata?.get(key)[0] ?? '');

/** Metadata is ASCII, so agents send the hint percent-encoded. */
const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};
