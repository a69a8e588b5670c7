#!/usr/bin/env node
import {onlineHook} from '../hook/online.ts';
import {runHook} from '../hook/run-hook.ts';
import {environment, exitWith} from './exit.ts';

const given = environment(import.meta.url);
// No top-level await: the build makes a script of this file, which has none. runHook never rejects.
void runHook('master_ip_online_failover_helper', () => onlineHook(given), given.tell).then(exitWith);
