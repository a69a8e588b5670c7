import {ConfigInvalid} from '../config/config-invalid.ts';
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
    const {message, hint} = error as Error & {hint?: string};
    const [first = '', ...more] = message.split('\n');
    complain(`${name}: ${first}`);
    for (const line of more) complain(`  ${line}`);
    if (hint !== undefined && hint !== '') complain(`  ${hint}`);
    return error instanceof CommandMisused || error instanceof ConfigInvalid
      ? commandExitCodes.usage
      : commandExitCodes.failed;
  }
};
