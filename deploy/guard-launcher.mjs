#!/usr/bin/env -S -u NODE_OPTIONS -u NODE_EXTRA_CA_CERTS node --use-openssl-ca
// What the stop phase of a switch starts as its guard; made one script by bundle-hooks.mjs. The stop waits for the guard before
// it changes anything, and while writes are stopped every core of the manager is wanted elsewhere. So the guard has its
// program in memory when it says that it watches, and begins to run it when most switches are over. It watches MHA from then on:
// whoever has lost MHA gets writes back a second later, of the five that it may take.
import {outliveSession, sayReady} from '../controller/guard/ready.ts';
import {explainCrash} from './explain-crash.mjs';
import {readProgram} from './program.mjs';

const runAfterMs = 1000;

process.on('uncaughtException', explainCrash(__filename));
outliveSession();
const program = readProgram(__filename);
sayReady();
setTimeout(async () => {
  (await import('./run-program.mjs')).runProgram(program, __filename, require);
}, runAfterMs);
