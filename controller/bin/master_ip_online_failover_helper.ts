#!/usr/bin/env node
import {onlineHook} from '../hook/online.ts';
import {runHook} from '../hook/run-hook.ts';
import {environment, exitWith} from './exit.ts';

const given = environment(import.meta.url);
exitWith(await runHook('master_ip_online_failover_helper', () => onlineHook(given), given.tell));
