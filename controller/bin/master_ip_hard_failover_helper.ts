#!/usr/bin/env node
import {hardHook} from '../hook/hard.ts';
import {runHook} from '../hook/run-hook.ts';
import {environment, exitWith} from './exit.ts';

const given = environment(import.meta.url);
// No top-level await: the build makes a script of this file, which has none. runHook never rejects.
void runHook('master_ip_hard_failover_helper', () => hardHook(given), given.tell).then(exitWith);
