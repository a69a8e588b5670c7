import {setFlagsFromString} from 'node:v8';

// The agent waits for years and works for moments: V8 should collect early rather than grow. Must come before everything
// else. No hard limit: a long list of threads must not end the agent. V8 ignores a flag that it does not know.
setFlagsFromString('--optimize-for-size');
setFlagsFromString('--heap-growing-percent=10');
setFlagsFromString('--compact-on-every-full-gc');
// Only what is really hot is optimised, and without much inlining: what the optimiser needs and leaves is 6 MiB otherwise.
setFlagsFromString('--interrupt-budget=600000');
setFlagsFromString('--max-inlined-bytecode-size-cumulative=100');
