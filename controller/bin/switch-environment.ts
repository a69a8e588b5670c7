import type {SwitchEnvironment} from '../command/switch/run-master-switch.ts';
import {commandEnvironment} from './command-environment.ts';

/** What the process gives a switch: arguments, where MHA's tools may be, and the terminal. */
export const switchEnvironment = (): SwitchEnvironment => ({
  ...commandEnvironment(),
  argv: process.argv.slice(2),
  directories: ['/usr/bin', '/usr/local/bin', ...(process.env.PATH ?? '').split(':').filter(path => path !== '')],
  isTerminal: process.stdin.isTTY === true,
});
