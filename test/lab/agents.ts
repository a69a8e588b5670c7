import {existsSync} from 'node:fs';
import {join} from 'node:path';
import type {Hosts, Running} from './hosts.ts';
import {repository} from './namespaces.ts';
import {poll} from './poll.ts';
import {listensOn} from './sockets.ts';
import type {DbHost} from './topology.ts';

export interface StartAgent {
  /** Program of the agent. Default: the built one; a `.ts` runs through tsx, a command of the host by itself. */
  readonly entry?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface Agents {
  /** Starts the agent as root and waits until it listens. Answers the process, to be killed and frozen. */
  startAgent(host: DbHost, options?: StartAgent): Promise<Running>;
  /** SIGTERM, and waits for the end (10 s). No agent is fine. */
  stopAgent(host: DbHost): Promise<void>;
  /** SIGKILL, and waits for the end. No agent is fine. */
  killAgent(host: DbHost): Promise<void>;
  freezeAgent(host: DbHost): void;
  thawAgent(host: DbHost): void;
  /** What the agent has logged in this lab. */
  agentLog(host: DbHost): Promise<string>;
}

export const agentPort = 7306;

export const createAgents = (hosts: Hosts): Agents => {
  const running = new Map<DbHost, Running>();
  const end = async (host: DbHost, signal: NodeJS.Signals): Promise<void> => {
    const agent = running.get(host);
    if (agent === undefined) return;
    agent.kill(signal);
    await poll(`the end of the agent on ${host}`, () => (agent.hasEnded() ? true : undefined));
    running.delete(host);
  };
  return {
    startAgent: async (host, options = {}) => {
      await end(host, 'SIGKILL');
      const agent = await hosts.spawn(host, agentCommand(options), {log: agentLogFile, ...env(options)});
      running.set(host, agent);
      await poll(
        `the agent on ${host}`,
        async () => {
          if (agent.hasEnded()) throw new Error(`the agent on ${host} ended: ${await agent.output()}`);
          return (await listensOn(agent.pid, agentPort)) ? true : undefined;
        },
        {timeoutMs: 20_000},
      );
      return agent;
    },
    stopAgent: host => end(host, 'SIGTERM'),
    killAgent: host => end(host, 'SIGKILL'),
    freezeAgent: host => running.get(host)?.freeze(),
    thawAgent: host => running.get(host)?.thaw(),
    agentLog: host => hosts.read(host, agentLogFile),
  };
};

/** How a program of this project is run inside a host, where no working directory leads to the packages. */
export const nodeCommand = (entry: string): readonly string[] => [
  process.execPath,
  ...(entry.endsWith('.ts') ? ['--import', import.meta.resolve('tsx')] : []),
  entry,
];

const agentLogFile = '/var/log/mha-helper-agent.log';

const agentCommand = ({entry, args = []}: StartAgent): readonly string[] => {
  if (entry !== undefined && !/\.[jt]s$/.test(entry)) return [entry, ...args];
  const program = entry ?? join(repository, 'dist/agent/main.js');
  if (!existsSync(program)) throw new Error(`there is no ${program}; run: npm run build`);
  return [...nodeCommand(program), ...args];
};

const env = (options: StartAgent): Pick<StartAgent, 'env'> => (options.env === undefined ? {} : {env: options.env});
