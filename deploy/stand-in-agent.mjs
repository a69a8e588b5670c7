// A stand-in for the agent of one host: says yes to everything, and what it says next fits. Real gRPC and real TLS; nothing
// on this machine changes.
import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {Server, ServerCredentials} from '@grpc/grpc-js';

/** An address of the networks that documentation may use (RFC 5737). */
export const vip = '192.0.2.1/24';

/** @param service definition of the agent's service. @param pki directory with the certificates. */
export const startStandIn = async ({host, otherHost, service, pki}) => {
  const state = {isMaster: false, holdsVip: false};
  const server = new Server();
  server.addService(service, {
    getStatus: (_call, done) => done(null, statusOf({host, otherHost}, state)),
    probe: (_call, done) => done(null, {macs: []}),
    undo: (_call, done) => done(null, {undone: {restored: [], failed: [], after: undefined}}),
    operate: stream => {
      stream.on('data', ({instruction}) => {
        Object.assign(state, changes[instruction.$case]);
        stream.write({event: {$case: 'result', value: resultOf(otherHost, state)}});
      });
      stream.on('end', () => stream.end());
      stream.on('error', () => {}); // the hook's process.exit is not a real one here
    },
  });
  return {port: await listen(server, {host, pki}), state};
};

const changes = {
  demote: {isMaster: false},
  promote: {isMaster: true},
  releaseVip: {holdsVip: false},
  acquireVip: {holdsVip: true},
};

const listen = async (server, {host, pki}) => {
  const [ca, cert_chain, private_key] = await Promise.all(
    ['ca.crt', `agents/${host}.crt`, `agents/${host}.key`].map(file => readFile(join(pki, file))),
  );
  const credentials = ServerCredentials.createSsl(ca, [{cert_chain, private_key}], true);
  return new Promise((done, fail) =>
    server.bindAsync('127.0.0.1:0', credentials, (error, port) => (error === null ? done(port) : fail(error))),
  );
};

const statusOf = ({host, otherHost}, state) => ({
  ...{host, agentVersion: '1', timeMs: Date.now(), certificateNotAfterMs: Date.now() + 1e10},
  ...{instances: [instanceOf(otherHost, state)], vips: [vipOf(state)], epochs: {}, operations: [], warnings: []},
  readOnlySinceBoot: [],
});

const resultOf = (otherHost, state) => {
  const instance = instanceOf(otherHost, state);
  const ok = {changed: true, notes: [], failure: undefined, durationMs: 1, demotionPending: false};
  return {...ok, before: instance, after: instance, vips: [vipOf(state)]};
};

const vipOf = ({holdsVip}) => ({
  ...{cidr: vip, present: holdsVip, interface: 'eth0', mac: '02:00:00:00:00:01', wouldLose: [], prefixLength: 24},
});

const instanceOf = (otherHost, {isMaster}) => ({
  ...{port: 3306, serverId: isMaster ? 1 : 2, reachable: true, error: '', version: '10.11', flavour: 'mariadb'},
  ...{readOnly: !isMaster, eventScheduler: 'OFF', replication: isMaster ? undefined : replicationFrom(otherHost)},
  ...{replicas: 0, replicaAddresses: [], applicationThreads: 0, preparedXa: 0, longWriters: []},
  ...{missingGrants: [], binlogPosition: ''},
});

const replicationFrom = sourceHost => ({
  ...{sourceHost, sourcePort: 3306, sourceServerId: 1, ioRunning: true, sqlRunning: true, lagSeconds: 0, lastError: ''},
});
