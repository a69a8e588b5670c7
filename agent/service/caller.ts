import {describeIdentity, identityOf} from '../../proto/identity.ts';
import type {OperateCall} from './operate.ts';

/** Who calls, for people: the certificate's role and the address it came from. */
export const describeCaller = (call: Pick<OperateCall, 'getPeer' | 'getAuthContext'>): string => {
  const names = call.getAuthContext()?.sslPeerCertificate?.subjectaltname;
  return `${describeIdentity(identityOf(names))} at ${call.getPeer()}`;
};
