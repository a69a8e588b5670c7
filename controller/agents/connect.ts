import {isIPv4, isIPv6} from 'node:net';
import {ChannelCredentials, type ChannelOptions, type ServiceError} from '@grpc/grpc-js';
import {AgentClient} from '../../proto/gen/mha_helper/v1/agent.ts';
import {type ClientCredentials, demandAgent, serverName} from './credentials.ts';
import {findCause} from './diagnose.ts';
import {type AgentRefused, AgentUnreachable, toAgentError} from './errors.ts';

/** Where the agent of a host listens. */
export interface AgentAddress {
  /** Name of the host's section: its certificate must carry it. */
  readonly host: string;
  /** Host name or IP address to connect to. */
  readonly address: string;
  readonly port: number;
}

/** A channel to one agent. Connects with the first call. */
export interface AgentConnection {
  readonly host: string;
  readonly client: AgentClient;
  /** The failure of a call in the operator's words. Looks once at the connection itself when gRPC hides why it failed. */
  diagnose(error: ServiceError): Promise<AgentUnreachable | AgentRefused>;
  close(): void;
}

/** Opens a channel to the agent of one host; refuses any other host's. */
export const connectAgent = (agent: AgentAddress, credentials: ClientCredentials): AgentConnection => {
  const channelCredentials = ChannelCredentials.createFromSecureContext(credentials.context, {
    checkServerIdentity: demandAgent(agent.host),
  });
  const client = new AgentClient(targetOf(agent), channelCredentials, channelOptions);
  return {
    host: agent.host,
    client,
    diagnose: async error => {
      const found = toAgentError(agent.host, error);
      return found instanceof AgentUnreachable ? ((await findCause(agent, credentials, found)) ?? found) : found;
    },
    close: () => client.close(),
  };
};

const channelOptions: ChannelOptions = {
  'grpc.ssl_target_name_override': serverName,
  'grpc.default_authority': serverName,
  'grpc.keepalive_time_ms': 1_000,
  'grpc.keepalive_timeout_ms': 2_000,
  // A call is never repeated behind our back: whether it may be is the plan's decision.
  'grpc.enable_retries': 0,
  // Neither a TXT record nor http_proxy in somebody's environment decides where our calls go.
  'grpc.service_config_disable_resolution': 1,
  'grpc.enable_http_proxy': 0,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1_000,
  'grpc.use_local_subchannel_pool': 1,
};

const targetOf = ({address, port}: AgentAddress): string => {
  if (isIPv4(address)) return `ipv4:${address}:${port}`;
  if (isIPv6(address)) return `ipv6:[${address}]:${port}`;
  return `dns:${address}:${port}`;
};
