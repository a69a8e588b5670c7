import type {SwitchEnvironment} from '../command/switch/run-master-switch.ts';
import {commandEnvironment} from './command-environment.ts';

/** What the process gives a switch: arguments, where MHA's tools may be, and the terminal. */
export const switchEnvironment = (): SwitchEnvironment => {
  const environment = commandEnvironment();
  return {
    ...environment,
    argv: process.argv.slice(2),
    directories: environment.programDirectories ?? [],
    isTerminal: process.stdin.isTTY === true,
  };
};
