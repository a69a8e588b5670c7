// ask-shipped-agent.ts: starts the agent as it is shipped, with no mysqld, and tells as JSON what a person with grpcurl hears of it.
// Run it in a network namespace of its own.
import {ChannelCredentials, type Client, loadPackageDefinition, type ServiceError} from '@grpc/grpc-js';
import {loadSync} from '@grpc/proto-loader';
import {protoPath as healthProto} from 'grpc-health-check';
import {Agent} from '../../controller/agents/agent.ts';
import {connectAgent} from '../../controller/agents/connect.ts';
import {clientCredentials, demandAgent, serverName} from '../../controller/agents/credentials.ts';
import {TestPki} from '../fixtures/pki.ts';
import {RunningAgent} from '../fixtures/running-agent.ts';

const options = {enums: String, defaults: true} as const;
const reflectionProto = new URL(
  '../../node_modules/@grpc/reflection/build/proto/grpc/reflection/v1/reflection.proto',
  import.meta.url,
).pathname;

const nowhere = {port: 3306, connect: {kind: 'socket', path: '/nowhere/mysqld.sock'}, user: 'agent'} as const;
await using agent = await RunningAgent.start(
  {...nowhere, optionFile: undefined, excludeUsers: []},
  [],
  ['metrics_listen = 17307'],
);

const clientOf = async (file: string, service: string): Promise<Client> => {
  const [root = '', ...path] = service.split('.');
  // biome-ignore lint/suspicious/noExplicitAny: the package definition is a tree of unknown depth
  const make = path.reduce<any>((at, name) => at[name], loadPackageDefinition(loadSync(file, options))[root]);
  const {context} = await clientCredentials(agent.pki.operator);
  const {host, address, port} = agent.address;
  const credentials = ChannelCredentials.createFromSecureContext(context, {checkServerIdentity: demandAgent(host)});
  return new make(`${address}:${port}`, credentials, {'grpc.ssl_target_name_override': serverName});
};

const method = (client: Client, name: string): ((...args: readonly unknown[]) => unknown) =>
  Reflect.get(client, name).bind(client);

const health = await clientOf(healthProto, 'grpc.health.v1.Health');
const answer = await new Promise<{status: string}>((resolve, reject) =>
  method(health, 'Check')({service: ''}, (error: ServiceError | null, response: {status: string}) =>
    error === null ? resolve(response) : reject(error),
  ),
);
health.close();

const reflection = await clientOf(reflectionProto, 'grpc.reflection.v1.ServerReflection');
const stream = method(reflection, 'ServerReflectionInfo')() as NodeJS.ReadWriteStream & {write(request: object): void};
const services = await new Promise<readonly string[]>((resolve, reject) => {
  stream.on('data', ({listServicesResponse}: {listServicesResponse: {service: readonly {name: string}[]}}) =>
    resolve(listServicesResponse.service.map(({name}) => name).sort()),
  );
  stream.on('error', reject);
  stream.write({listServices: '*'});
});
stream.end();
reflection.close();

const {host, instances} = await agent.agent.getStatus({ports: [3306]}, {deadlineMs: 5_000});
const page = await (await fetch('http://127.0.0.1:17307/metrics')).text();
const metrics = page
  .split('\n')
  .filter(line => /^mha_helper_(mysqld_up|agent_info|rpc_duration_seconds_count)/.test(line));

// A controller of another authority; all else is as above.
await using other = await TestPki.create(host);
const {certificate, key} = other.controller;
const foreign = connectAgent(agent.address, await clientCredentials({...agent.pki.controller, certificate, key}));
const stranger = await new Agent({...foreign, host: agent.address.host}).getStatus({}, {deadlineMs: 5_000}).then(
  () => 'answered',
  (error: Error) => error.name,
);
foreign.client.close();

process.stdout.write(
  JSON.stringify({stranger, metrics, health: answer.status, services, host, reachable: instances[0]?.reachable}),
);
