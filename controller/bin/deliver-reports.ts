#!/usr/bin/env node
// Started by mha-helper when reports wait that nobody took; not for people.
import {deliverWaiting} from '../command/reports/deliver-waiting.ts';
import {endUnheard} from './end.ts';

const withinMs = 20_000;
const [configDirectory = ''] = process.argv.slice(2);
// the session of the terminal may end around us
for (const signal of ['SIGHUP', 'SIGINT'] as const) process.on(signal, () => {});
// whatever hangs; what is claimed by a dead process is free again
setTimeout(endUnheard, withinMs + 5000).unref();

await deliverWaiting(configDirectory, withinMs).catch(() => {}); // nobody listens; reports.log has what was tried
endUnheard();
