#!/usr/bin/env node
import './quiet-aws.ts';
import {runStarter, type StarterInput} from '../starter/run-starter.ts';
import {endUnheard} from './end.ts';
import {environment} from './exit.ts';

// the session of the terminal may end around us; whoever interrupts MHA ends its hook, and that ends us
for (const signal of ['SIGHUP', 'SIGINT'] as const) process.on(signal, () => {});

const start = async (): Promise<void> => {
  const input = JSON.parse(process.argv[2] ?? '') as StarterInput;
  await runStarter(input, {...environment(import.meta.url), exit: endUnheard});
};
// Nobody reads what it says: without a starter a hook does its work itself.
void start().then(endUnheard, endUnheard);
