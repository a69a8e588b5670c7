import {connect} from 'node:tls';
import type {AgentAddress} from './connect.ts';
import {type ClientCredentials, demandAgent, serverName} from './credentials.ts';
import {AgentUnreachable} from './errors.ts';
import {findingOf, type Outcome} from './finding.ts';

const timeoutMs = 1_000;

/**
 * Why a connection fails, found by making one by hand: gRPC tells only that it did. Takes at most a second.
 * Undefined: this connection worked, so the failure was a passing one or lies elsewhere.
 */
export const findCause = async (
  agent: AgentAddress,
  credentials: ClientCredentials,
  failure: AgentUnreachable,
): Promise<AgentUnreachable | undefined> => {
  const outcome = await tryConnection(agent, credentials);
  const finding = outcome.kind === 'answered' ? undefined : findingOf(outcome, agent, credentials);
  return finding && new AgentUnreachable(agent.host, {...finding, cause: failure});
};

const tryConnection = ({host, address, port}: AgentAddress, {context}: ClientCredentials): Promise<Outcome> =>
  new Promise(resolve => {
    const socket = connect({
      host: address,
      port,
      secureContext: context,
      servername: serverName,
      ALPNProtocols: ['h2'],
      checkServerIdentity: demandAgent(host),
    });
    let connected = false;
    let secured = false;
    const timer = setTimeout(() => settle({kind: 'silent', connected}), timeoutMs);
    const settle = (outcome: Outcome): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(outcome);
    };
    socket.once('connect', () => {
      connected = true;
    });
    socket.once('secureConnect', () => {
      secured = true;
      // Only an agent that accepted our certificate answers this with its settings.
      socket.write(http2Preface);
    });
    socket.once('data', () => settle({kind: 'answered'}));
    socket.once('close', () => settle(secured ? {kind: 'hung_up'} : {kind: 'silent', connected}));
    socket.on('error', error => settle(secured ? {kind: 'hung_up'} : {kind: 'failed', error, connected}));
  });

/** Connection preface and an empty SETTINGS frame. */
const http2Preface = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
]);
