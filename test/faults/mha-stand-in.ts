import {createInterface} from 'node:readline';
import {recordedArguments} from '../fixtures/hook-arguments.ts';
import {commandFile} from '../lab/commands.ts';
import type {Lab} from '../lab/lab.ts';
import {faultsFile} from '../lab/product-lab.ts';
import {killGroup} from '../lab/run.ts';
import type {DbHost} from '../lab/topology.ts';

/** The phases as MHA calls them. */
export type Phase = 'online stop' | 'online start' | 'hard stop' | 'hard start';

export interface HookEnd {
  /** As a shell tells it: 137 for SIGKILL. */
  readonly code: number;
  readonly output: string;
  readonly durationMs: number;
}

/** A process on the manager that calls hooks as MHA does, and lives as long as it is wanted: guards watch it. */
export interface MhaStandIn {
  call(phase: Phase, how?: Partial<Call>): Promise<HookEnd>;
  /** MHA is gone. */
  end(): Promise<void>;
}

export interface Call {
  /** Default: from db1 to db2. */
  readonly masters: Masters;
  /** The file that MHA runs. Default: this build's. */
  readonly program: string;
}

export interface Masters {
  readonly from: DbHost;
  readonly to: DbHost;
}

export const startMha = async (
  lab: Omit<Lab, 'dispose'>,
  name = 'mha',
  env: Readonly<Record<string, string>> = {},
): Promise<MhaStandIn> => {
  const log = `/var/log/stand-in-${name}.log`;
  const script = `/run/stand-in-${name}.sh`;
  // A script and not `sh -c`, which a guard would take for the shell between MHA and the hook.
  await lab.write('mgr', script, `while read -r line; do eval "$line" </dev/null >>${log} 2>&1; echo $?; done\n`);
  const shell = lab.open('mgr', ['sh', script]);
  const ended = new Promise<void>(resolve => shell.once('exit', () => resolve()));
  if (shell.stdin === null || shell.stdout === null) throw new Error('the shell has no pipes');
  const {stdin} = shell;
  const codes = createInterface({input: shell.stdout})[Symbol.asyncIterator]();
  stdin.on('error', () => undefined);
  const call = async (phase: Phase, how: Call): Promise<HookEnd> => {
    await lab.write('mgr', log, '');
    const startedMs = performance.now();
    stdin.write(`${commandLine(phase, how, env)}\n`);
    const {value, done} = await codes.next();
    if (done) throw new Error(`the stand-in for MHA ended during ${phase}`);
    return {code: Number(value), output: await lab.read('mgr', log), durationMs: performance.now() - startedMs};
  };
  return {
    call: (phase, how) => {
      const calling = call(phase, {masters: {from: 'db1', to: 'db2'}, program: hookProgram(phase), ...how});
      // A test that fails before it awaits this must tell its own reason, not this one's.
      calling.catch(() => undefined);
      return calling;
    },
    end: async () => {
      killGroup(shell, 'SIGKILL');
      await ended;
    },
  };
};

/** A recorded call, with these masters. */
export const hookArguments = (phase: Phase, {from, to}: Masters): string[] => {
  const [call, recordedFrom, recordedTo] = recordings[phase];
  const named = new Map<string, DbHost>([
    [recordedFrom, from],
    [recordedTo, to],
  ]);
  return recordedArguments(call).map(argument =>
    argument.replace(/db([12])|10\.77\.0\.1([12])/, (text, name, address) => {
      const host = named.get(`db${name ?? address}`) ?? '';
      return text.startsWith('db') ? host : `10.77.0.1${host.slice(2)}`;
    }),
  );
};

const recordings = {
  'online stop': ['online-stop', 'db1', 'db2'],
  'online start': ['online-start', 'db1', 'db2'],
  'hard stop': ['failover-stopssh', 'db2', 'db1'],
  'hard start': ['failover-start', 'db2', 'db1'],
} as const;

export const hookProgram = (phase: Phase): string =>
  commandFile(phase.startsWith('online') ? 'master_ip_online_failover_helper' : 'master_ip_hard_failover_helper');

const commandLine = (phase: Phase, {masters, program}: Call, env: Readonly<Record<string, string>>): string => {
  const argv = [program, ...hookArguments(phase, masters)];
  const variables = Object.entries({MHA_HELPER_FAULTS: faultsFile, ...env}).map(([key, value]) => `${key}=${value}`);
  return `${variables.join(' ')} ${argv.map(text => `'${text}'`).join(' ')}`;
};
