import type {OperateCall} from './operate.ts';

/** Who calls, for people: the certificate's role and the address it came from. */
export const describeCaller = (call: Pick<OperateCall, 'getPeer' | 'getAuthContext'>): string => {
  const names = call.getAuthContext()?.sslPeerCertificate?.subjectaltname ?? '';
  const role = /URI:mha-helper:\/\/([\w./-]+)/.exec(names)?.[1] ?? 'unknown';
  return `${role} at ${call.getPeer()}`;
};
