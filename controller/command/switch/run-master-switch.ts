import {constants} from 'node:os';
import {execa} from 'execa';
import {findProgram} from './find-program.ts';

/** What a switch is given by the process it runs in. */
export interface SwitchEnvironment {
  readonly argv: readonly string[];
  /** Where MHA's tools are looked for, in this order. */
  readonly directories: readonly string[];
  readonly tell: (line: string) => void;
  readonly complain: (line: string) => void;
  /** A terminal sends its Ctrl-C to MHA itself. */
  readonly isTerminal: boolean;
}

/** MHA's manager package is not installed here. */
export class MhaMissing extends Error {
  override readonly name = 'MhaMissing';
  readonly hint = 'install it: apt-get install mha4mysql-manager';

  constructor(program: string, directories: readonly string[]) {
    super(`${program} is in none of ${directories.join(', ')}`);
  }
}

/** Runs MHA's own switch in our place: it has our terminal, hears our signals, and its exit code is ours. */
export const runMasterSwitch = async (
  args: readonly string[],
  {directories, isTerminal}: SwitchEnvironment,
): Promise<number> => {
  const program = await findProgram('masterha_master_switch', directories);
  if (program === undefined) throw new MhaMissing('masterha_master_switch', directories);
  // Heard before MHA runs: a signal in between would end us and leave MHA alone. Once it runs, the listeners see it.
  let child: {kill(signal: NodeJS.Signals): boolean} | undefined;
  const forward = (signal: NodeJS.Signals): void => {
    if (!(isTerminal && signal === 'SIGINT')) child?.kill(signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;
  for (const signal of signals) process.on(signal, forward);
  try {
    // A switch that is told to end must be let clean up: it may hold locks on the old master.
    const running = execa(program, args, {stdio: 'inherit', reject: false, cleanup: false, forceKillAfterDelay: false});
    child = running;
    const {exitCode, signal, cause} = await running;
    if (exitCode !== undefined) return exitCode;
    if (signal !== undefined) return 128 + constants.signals[signal];
    throw new Error(`could not run ${program}`, {cause});
  } finally {
    for (const signal of signals) process.off(signal, forward);
  }
};
