import {ConfigInvalid} from '../config/config-invalid.ts';
import {sayError} from '../say-error.ts';
import {CommandMisused} from './command-misused.ts';
import type {CommandEnvironment} from './environment.ts';

export const commandExitCodes = {done: 0, failed: 1, usage: 2} as const;

/** Runs a command to its exit code. Every error ends here as one message and what to do next, never as a stack trace. */
export const runCommand = async (
  name: string,
  act: () => Promise<number>,
  {complain}: Pick<CommandEnvironment, 'complain'>,
): Promise<number> => {
  try {
    return await act();
  } catch (error) {
    for (const line of sayError(name, error)) complain(line);
    return error instanceof CommandMisused || error instanceof ConfigInvalid
      ? commandExitCodes.usage
      : commandExitCodes.failed;
  }
};
