import type {CommandEnvironment} from './environment.ts';

/** Runs a command that the command line has chosen. */
export type Run = (
  name: string,
  options: {readonly configDir?: string},
  act: (environment: CommandEnvironment) => Promise<number>,
) => Promise<void>;

/** Every command takes this option. */
export const configDir = [
  '--config-dir <dir>',
  'directory of the cluster files (default: $MHA_HELPER_CONFIG_DIR or /etc/mha-helper)',
] as const;

/** The end of a help text. */
export const examples = (...lines: readonly string[]): string =>
  `\n${lines.length === 1 ? 'Example' : 'Examples'}:\n${lines.map(line => `  ${line}`).join('\n')}`;
