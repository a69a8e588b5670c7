import {describeIdentity, identityOf} from '../../proto/identity.ts';
import type {AgentAddress} from './connect.ts';
import {type ClientCredentials, WrongAgent} from './credentials.ts';
import type {UnreachableCause} from './errors.ts';

/** How one connection made by hand went. */
export type Outcome =
  /** The agent took our certificate and spoke HTTP/2. */
  | {readonly kind: 'answered'}
  /** TLS was complete for us, then the other side hung up: so it rejects a TLS 1.3 client's certificate. */
  | {readonly kind: 'hung_up'}
  | {readonly kind: 'silent'; readonly connected: boolean}
  | {readonly kind: 'failed'; readonly error: NodeJS.ErrnoException; readonly connected: boolean};

export interface Finding {
  readonly message: string;
  readonly why: UnreachableCause;
  readonly hint: string;
}

/** What the outcome means and what cures it. */
export const findingOf = (
  outcome: Exclude<Outcome, {kind: 'answered'}>,
  agent: AgentAddress,
  credentials: ClientCredentials,
): Finding => {
  switch (outcome.kind) {
    case 'hung_up':
      return ownCertificate(agent, credentials);
    case 'silent':
      return silent(agent, outcome.connected);
    case 'failed':
      return failed(outcome.error, agent, credentials);
  }
};

const at = ({address, port}: AgentAddress): string => `${address}:${port}`;

const silent = (agent: AgentAddress, connected: boolean): Finding =>
  connected
    ? {
        message: `${at(agent)} accepts connections but does not answer`,
        why: 'silent',
        hint: 'the agent hangs or is stopped, or another program listens there: systemctl status mha-helper-agent',
      }
    : {
        message: `no answer from ${at(agent)}`,
        why: 'silent',
        hint: 'is the host up, and does a firewall drop packets to this port?',
      };

const failed = (error: NodeJS.ErrnoException, agent: AgentAddress, credentials: ClientCredentials): Finding => {
  if (error instanceof WrongAgent) {
    return {
      message: `wrong agent at ${at(agent)}: ${error.message}`,
      why: 'wrong_host',
      hint: `check agent_address of ${agent.host}, or issue its certificate: mha-helper pki issue agent ${agent.host}`,
    };
  }
  return byCode(error.code ?? '', agent, credentials) ?? notAnAgent(error, agent);
};

const byCode = (code: string, agent: AgentAddress, {files}: ClientCredentials): Finding | undefined => {
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return {
        message: `the name ${agent.address} cannot be resolved`,
        why: 'name',
        hint: `give agent_address of ${agent.host} as an IP address`,
      };
    case 'ECONNREFUSED':
      return {
        message: `nobody listens on ${at(agent)}`,
        why: 'refused',
        hint: 'start the agent: systemctl start mha-helper-agent',
      };
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ETIMEDOUT':
      return silent(agent, false);
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'CERT_SIGNATURE_FAILURE':
      return {
        message: `the certificate of the agent at ${at(agent)} was not issued by the authority in ${files.ca}`,
        why: 'wrong_ca',
        hint: 'both sides need the same ca.crt, and certificates issued by it',
      };
    default:
      return agentCertificate(code, agent);
  }
};

const agentCertificate = (code: string, agent: AgentAddress): Finding | undefined => {
  if (code === 'CRL_HAS_EXPIRED' || code === 'UNABLE_TO_GET_CRL')
    return {
      message: `the certificate of the agent at ${at(agent)} cannot be checked: our revocation list ${code === 'CRL_HAS_EXPIRED' ? 'is out of date' : 'is not of its authority'}`,
      why: 'agent_certificate',
      hint: 'get a newer crl.pem with a list of every authority; see tls_crl',
    };
  const states: Readonly<Record<string, string>> = {
    CERT_HAS_EXPIRED: 'has expired',
    CERT_NOT_YET_VALID: 'is not valid yet: compare the clocks of both hosts',
    CERT_REVOKED: 'is revoked',
    INVALID_PURPOSE: "is not a server's certificate",
  };
  const state = Object.hasOwn(states, code) ? states[code] : undefined;
  return state === undefined
    ? undefined
    : {
        message: `the certificate of the agent at ${at(agent)} ${state}`,
        why: 'agent_certificate',
        hint: `replace it: mha-helper pki renew agent/${agent.host}; the agent reads it without a restart`,
      };
};

const notAnAgent = (error: NodeJS.ErrnoException, agent: AgentAddress): Finding => ({
  message: `${at(agent)} does not speak TLS 1.3 as an agent does (${error.code ?? error.message})`,
  why: 'not_an_agent',
  hint: `check agent_address and agent_port of ${agent.host}`,
});

/** TLS 1.3 lets the server judge our certificate after we are done, so its verdict is only a closed connection. */
const ownCertificate = (agent: AgentAddress, {certificate, authorities, files}: ClientCredentials): Finding => {
  const finding = (message: string, hint: string): Finding => ({message, why: 'own_certificate', hint});
  const own = identityOf(certificate.subjectAltName);
  const reissue = `issue a new one: mha-helper pki issue ${describeIdentity(own).replace('/', ' ')} --force`;
  if (Date.parse(certificate.validTo) <= Date.now()) {
    return finding(`our own certificate ${files.certificate} expired on ${certificate.validTo}`, reissue);
  }
  if (Date.parse(certificate.validFrom) > Date.now()) {
    return finding(
      `our own certificate ${files.certificate} is not valid before ${certificate.validFrom}`,
      'check the clock of this host',
    );
  }
  if (authorities() === undefined) {
    return finding(`our own certificate ${files.certificate} was not issued by the authority in ${files.ca}`, reissue);
  }
  if (own.kind === 'agent') {
    return finding(
      `${files.certificate} is an agent's certificate, which cannot call`,
      'use controller.crt or an operator certificate',
    );
  }
  return finding(
    `the agent at ${at(agent)} hung up on our certificate ${files.certificate}`,
    `its ca.crt is another one, its revocation list names us, its clock is wrong, or it has too many connections: its log says which`,
  );
};
