#!/usr/bin/env node
import {hardHook} from '../hook/hard.ts';
import {runHook} from '../hook/run-hook.ts';
import {environment, exitWith} from './exit.ts';

const given = environment(import.meta.url);
exitWith(await runHook('master_ip_hard_failover_helper', () => hardHook(given), given.tell));
