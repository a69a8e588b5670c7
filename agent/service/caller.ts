import {describeIdentity, type Identity, identityOf} from '../../proto/identity.ts';
import type {OperateCall} from './operate.ts';

export type Call = Pick<OperateCall, 'getPeer' | 'getAuthContext'>;

export const callerOf = (call: Call): Identity => identityOf(call.getAuthContext()?.sslPeerCertificate?.subjectaltname);

/** Who calls, for people: the certificate's role and the address it came from. */
export const describeCaller = (call: Call): string => `${describeIdentity(callerOf(call))} at ${call.getPeer()}`;
