import {readFile} from 'node:fs/promises';
import {userInfo} from 'node:os';
import type {Log} from '../log.ts';
import {type Announcers, createAnnouncers} from './announcers.ts';
import {
  CommandFailed,
  type CommandResult,
  type FollowedCommand,
  followCommand,
  type RunningCommand,
  startCommand,
} from './command.ts';
import {type Answer, standingArguments} from './ip-process.ts';
import {missingTools} from './missing-tools.ts';
import {createStandingIp} from './standing-ip.ts';
import {needsSudo, notInstalled, sudoHint, type User, withoutSudo} from './sudo.ts';
import {createTombstones, type Tombstones} from './tombstones.ts';
import {findTools, systemPath, type ToolName, type Tools} from './tools.ts';

/** The network stack of this host, as far as the VIP needs it. */
export interface Network {
  readonly tools: Tools;
  /** What the operator of this host should install, since a VIP does not move as it should without, one line each. */
  readonly warnings: readonly string[];
  /** Repeats announcements in the background until the address goes or the minute is over. */
  readonly announcers: Announcers;
  /** Refuse connections to addresses that have left. */
  readonly tombstones: Tombstones;
  /** Runs a tool to its end; anything but exit 0 is a `CommandFailed`. */
  run(tool: ToolName, args: readonly string[], options: RunOptions): Promise<CommandResult>;
  /** Starts a tool and leaves the rest to the caller. Throws `CommandFailed` when the tool is not there. */
  start(tool: ToolName, args: readonly string[], options: RunOptions): RunningCommand;
  /** Starts a tool that runs until the signal aborts, and hands over each line. Throws `CommandFailed` when it is not there. */
  follow(tool: ToolName, args: readonly string[], options: FollowOptions): FollowedCommand;
  /** What `ip -j addr show` says now. Throws `CommandFailed`. */
  showAddresses(signal: AbortSignal): Promise<readonly unknown[]>;
  /**
   * Has `addr …` commands carried out in their order, one that fails not stopping the others, and looks then, without a
   * new process. Undefined: it cannot be done so, `run` them. Throws `CommandFailed` when the signal aborts.
   */
  changeAddresses(changes: readonly string[], how: Pick<RunOptions, 'sudo' | 'signal'>): Promise<Answer | undefined>;
  /** Reads a file below /proc/sys/net. */
  readSetting(path: string): Promise<string>;
  /** Ends everything that runs in the background. */
  close(): Promise<void>;
}

export interface RunOptions {
  /** Put `sudo -n` in front. Without effect when the agent is root. */
  readonly sudo: boolean;
  readonly signal: AbortSignal;
  /** Default: 5 s. */
  readonly timeoutMs?: number;
  readonly input?: string | Promise<string>;
}

export interface FollowOptions {
  readonly signal: AbortSignal;
  onLine(line: string): void;
}

export interface NetworkOptions {
  readonly log: Log;
  /** What this host may carry: tools that none of these needs are not missed. */
  readonly cidrs?: readonly string[];
  /** Put in front of every command: `ip netns exec NAME` lets a test act on a host of its own making. */
  readonly prefix?: readonly string[];
  /** Where tools are looked for. */
  readonly directories?: readonly string[];
  readonly user?: User;
  readonly readSetting?: (path: string) => Promise<string>;
}

/** Finds the tools of this host. Nothing runs in the background until something is announced. */
export const createNetwork = async (options: NetworkOptions): Promise<Network> => {
  const {log, cidrs = [], prefix = [], directories = systemPath, user = userInfo()} = options;
  const tools = await findTools(directories);
  const missing = missingTools(tools, cidrs);
  for (const {warning} of missing) log.warn(warning);
  const announcers = createAnnouncers(log);
  const start = (tool: ToolName, args: readonly string[], {signal, timeoutMs, ...how}: RunOptions): RunningCommand => {
    const [file = '', ...rest] = [...prefix, ...argumentsOf({tools, user, tool, args, sudo: how.sudo})];
    return startCommand({file, args: rest, input: how.input}, {signal, timeoutMs: timeoutMs ?? defaultTimeoutMs});
  };
  const run: Network['run'] = async (tool, args, how) => {
    const result = await start(tool, args, how).finished;
    if (result.exitCode === 0) return result;
    const hint = needsSudo(how.sudo, user)
      ? await sudoHint(tools, user, tools.paths[tool] ?? tool, asked => start('sudo', asked, {...how, sudo: false}))
      : '';
    throw new CommandFailed({file: tool, args}, {...result, hint});
  };
  const command = (tool: ToolName, args: readonly string[], before: readonly string[]) => {
    const [file = '', ...rest] = [...prefix, ...before, ...argumentsOf({tools, user, tool, args, sudo: false})];
    return {file, args: rest};
  };
  const standing = createStandingIp(tools.paths.ip === undefined ? undefined : command('ip', standingArguments, []), {
    log,
  });
  const nft = tools.paths.nft === undefined ? undefined : run.bind(undefined, 'nft');
  const tombstones = createTombstones(nft, log);
  return {
    tools,
    warnings: missing.filter(({harm}) => harm === 'worse').map(({warning}) => warning),
    announcers,
    tombstones,
    start,
    run,
    follow: (tool, args, {signal, onLine}) => followCommand(command(tool, args, dyingWithUs(tools)), signal, onLine),
    showAddresses: async signal =>
      (await standing.show(signal)) ??
      JSON.parse((await run('ip', ['-j', 'addr', 'show'], {sudo: false, signal})).stdout),
    changeAddresses: async (changes, {sudo, signal}) =>
      needsSudo(sudo, user) ? undefined : standing.change(changes, signal),
    readSetting: options.readSetting ?? (path => readFile(path, 'utf8')),
    close: async () => {
      standing.close();
      await Promise.all([announcers.close(), tombstones.close()]);
    },
  };
};

const defaultTimeoutMs = 5000;

interface Invocation {
  readonly tools: Tools;
  readonly user: User;
  readonly tool: ToolName;
  readonly args: readonly string[];
  readonly sudo: boolean;
}

const argumentsOf = ({tools, user, tool, args, sudo}: Invocation): string[] => {
  const path = tools.paths[tool];
  if (path === undefined) throw notInstalled(tool, args);
  if (!needsSudo(sudo, user)) return [path, ...args];
  if (tools.paths.sudo === undefined) throw withoutSudo({file: path, args}, tools, user);
  return [tools.paths.sudo, '-n', path, ...args];
};

/** An agent that is killed takes along what would otherwise run for ever. */
const dyingWithUs = ({paths}: Tools): string[] =>
  paths.setpriv === undefined ? [] : [paths.setpriv, '--pdeathsig', 'TERM', '--'];
