import {Metadata, type ServiceError, status} from '@grpc/grpc-js';
import {hintKey, type RefusalReason, reasonKey} from '../../proto/refusal.ts';
import {toFailure} from '../operation/operation.ts';

/** The refusal of a whole call: gRPC's status for machines in between, our reason for the controller. */
export const toServiceError = (error: unknown): Partial<ServiceError> => {
  const {reason, message, hint} = toFailure(error);
  const metadata = new Metadata();
  metadata.set(reasonKey, reason);
  if (hint !== '') metadata.set(hintKey, encodeURIComponent(hint));
  return {code: statusOf(reason as RefusalReason), details: message, metadata};
};

const statusOf = (reason: RefusalReason): status => {
  switch (reason) {
    case 'INVALID':
      return status.INVALID_ARGUMENT;
    case 'FORBIDDEN':
    case 'NOT_ALLOWED':
    case 'MISSING_PRIVILEGE':
      return status.PERMISSION_DENIED;
    case 'DEADLINE':
      return status.DEADLINE_EXCEEDED;
    case 'INTERNAL':
      return status.INTERNAL;
    default:
      return status.FAILED_PRECONDITION;
  }
};
