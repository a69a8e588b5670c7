import type {PeerCertificate} from 'node:tls';
import {
  Metadata,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  status,
} from '@grpc/grpc-js';
import {describeIdentity, type Identity, identityOf, isAllowed} from '../../proto/identity.ts';
import {hintKey, reasonKey} from '../../proto/refusal.ts';
import type {Log} from '../log.ts';

export interface Gate {
  readonly log: Log;
  /** Of a certificate as it came over the wire (DER). */
  isRevoked(certificate: Buffer): boolean;
}

/**
 * Lets a call through when the caller's role may make it. Looks at the certificate at every call, so that one
 * which is revoked or expires on an open connection is out with its next call.
 */
export const authorize =
  ({log, isRevoked}: Gate): ServerInterceptor =>
  ({path}, call) => {
    const certificate = call.getAuthContext().sslPeerCertificate;
    const identity = identityOf(certificate?.subjectaltname);
    const objection = objectionTo({certificate, identity, path, isRevoked});
    if (objection === undefined) return new ServerInterceptingCall(call);
    log.warn('call refused', {
      rpc: path,
      role: describeIdentity(identity),
      peer: call.getPeer(),
      serial: certificate?.serialNumber,
      why: objection,
    });
    return refuse(call, objection);
  };

interface Attempt {
  readonly certificate: PeerCertificate | undefined;
  readonly identity: Identity;
  readonly path: string;
  isRevoked(certificate: Buffer): boolean;
}

const objectionTo = ({certificate, identity, path, isRevoked}: Attempt): string | undefined => {
  if (certificate === undefined) return 'the caller has no certificate';
  if (isRevoked(certificate.raw)) return `the certificate of ${describeIdentity(identity)} is revoked`;
  if (Date.parse(certificate.valid_to) <= Date.now()) {
    return `the certificate of ${describeIdentity(identity)} expired on ${certificate.valid_to}`;
  }
  if (identity.kind === 'stranger') return `the caller's certificate speaks for nobody: ${identity.why}`;
  return isAllowed(identity, path) ? undefined : `${describeIdentity(identity)} may not call ${path.slice(1)}`;
};

/** Answers before the handler has seen anything. */
const refuse = (call: ServerInterceptingCallInterface, why: string): ServerInterceptingCall =>
  new ServerInterceptingCall(call, {
    start: next =>
      next({
        onReceiveMetadata: () =>
          call.sendStatus({code: status.PERMISSION_DENIED, details: why, metadata: refusalMetadata()}),
      }),
  });

const refusalMetadata = (): Metadata => {
  const metadata = new Metadata();
  metadata.set(reasonKey, 'FORBIDDEN');
  metadata.set(hintKey, encodeURIComponent('use a certificate whose role may do this: mha-helper pki list'));
  return metadata;
};
