import {readOptions} from './read-options.ts';
import {unescapeArgument} from './unescape.ts';

/** One mysqld as MHA names it. */
export interface MhaInstance {
  readonly host: string;
  readonly ip: string | undefined;
  readonly port: number;
  /** The account under which MHA is connected there. Its password is never kept. */
  readonly user: string | undefined;
}

interface Parsed {
  /** What was ignored, for MHA's log. Holds no values. */
  readonly notes: readonly string[];
}

/** `master_ip_online_change_script`. */
export interface OnlineArguments extends Parsed {
  readonly hook: 'online';
  readonly command: 'stop' | 'start';
  readonly oldMaster: MhaInstance;
  readonly newMaster: MhaInstance;
  readonly oldMasterBecomesReplica: boolean;
}

/** `master_ip_failover_script`. `stopssh`: the old master's host still answers SSH; `stop`: it does not. */
export type FailoverArguments = Parsed & {readonly hook: 'failover'; readonly oldMaster: MhaInstance} & (
    | {readonly command: 'status' | 'stop' | 'stopssh'}
    | {readonly command: 'start'; readonly newMaster: MhaInstance}
  );

/** `report_script`. Without a new master the failover failed. */
export interface ReportArguments extends Parsed {
  readonly hook: 'report';
  readonly oldMasterHost: string;
  readonly newMasterHost: string | undefined;
  readonly replicaHosts: readonly string[];
  /** MHA's application config. */
  readonly conf: string | undefined;
  readonly subject: string;
  readonly body: string;
}

export interface HookArguments {
  readonly online: OnlineArguments;
  readonly failover: FailoverArguments;
  readonly report: ReportArguments;
}

/** The command line cannot be understood: exit code 2, never 10, which MHA would read as "go on". */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly hint = 'MHA starts this command; run by hand it needs the same options';
}

/**
 * The arguments of a hook as MHA 0.58 sends them. Unknown options become notes; a missing or senseless one that the
 * hook needs throws `UsageError`, with all of them named at once. Passwords are accepted and dropped.
 */
export const parseHookArguments = <H extends keyof HookArguments>(
  hook: H,
  argv: readonly string[],
): HookArguments[H] => {
  const {values, flags, notes} = readOptions(argv, known);
  const problems: string[] = [];
  const parsed = parsers[hook](new Reader(values, problems), flags, notes);
  if (problems.length > 0) throw new UsageError(problems.join('; '));
  return parsed;
};

const instanceOptions = [
  'host',
  'ip',
  'port',
  'user',
  'password',
  'ssh_user',
  'ssh_host',
  'ssh_ip',
  'ssh_port',
  'ssh_options',
];

const known = {
  values: new Set([
    ...instanceOptions.flatMap(option => [`orig_master_${option}`, `new_master_${option}`]),
    ...['command', 'ssh_user', 'ssh_host', 'ssh_ip', 'ssh_port', 'ssh_options'],
    ...['new_slave_hosts', 'conf', 'subject', 'body'],
  ]),
  flags: new Set(['orig_master_is_new_slave']),
};

const parsers: {
  readonly [H in keyof HookArguments]: (
    read: Reader,
    flags: ReadonlySet<string>,
    notes: readonly string[],
  ) => HookArguments[H];
} = {
  online: (read, flags, notes) => ({
    hook: 'online',
    command: read.oneOf('command', 'stop', 'start'),
    oldMaster: read.instance('orig_master'),
    newMaster: read.instance('new_master'),
    oldMasterBecomesReplica: flags.has('orig_master_is_new_slave'),
    notes,
  }),
  failover: (read, _flags, notes) => {
    const command = read.oneOf('command', 'status', 'stop', 'stopssh', 'start');
    const base = {hook: 'failover', oldMaster: read.instance('orig_master'), notes} as const;
    return command === 'start' ? {...base, command, newMaster: read.instance('new_master')} : {...base, command};
  },
  report: (read, _flags, notes) => ({
    hook: 'report',
    oldMasterHost: read.required('orig_master_host'),
    newMasterHost: read.optional('new_master_host'),
    replicaHosts: (read.optional('new_slave_hosts') ?? '').split(/[\s,]+/).filter(host => host !== ''),
    conf: read.optional('conf'),
    subject: read.required('subject'),
    body: read.optional('body') ?? '',
    notes,
  }),
};

/** Takes options by name and collects what is wrong with them, so that one message can name everything. */
class Reader {
  readonly #values: ReadonlyMap<string, string>;
  readonly #problems: string[];

  constructor(values: ReadonlyMap<string, string>, problems: string[]) {
    this.#values = values;
    this.#problems = problems;
  }

  optional(option: string): string | undefined {
    return this.#values.get(option) || undefined;
  }

  required(option: string): string {
    const value = this.optional(option);
    if (value === undefined) this.#problems.push(`--${option} is missing`);
    return value ?? '';
  }

  oneOf<const W extends string>(option: string, ...words: readonly [W, ...W[]]): W {
    const value = this.required(option);
    const word = words.find(candidate => candidate === value);
    if (word === undefined && value !== '') this.#problems.push(`--${option} is none of ${words.join(', ')}`);
    return word ?? words[0];
  }

  instance(prefix: 'orig_master' | 'new_master'): MhaInstance {
    const user = this.optional(`${prefix}_user`);
    return {
      host: this.required(`${prefix}_host`),
      ip: this.optional(`${prefix}_ip`),
      port: this.#port(`${prefix}_port`),
      user: user === undefined ? undefined : unescapeArgument(user),
    };
  }

  #port(option: string): number {
    const value = this.required(option);
    const port = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN;
    if (value !== '' && !(port >= 1 && port <= 65_535)) this.#problems.push(`--${option} is no port`);
    return port;
  }
}
