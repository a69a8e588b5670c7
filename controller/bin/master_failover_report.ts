#!/usr/bin/env node
import {reportHook} from '../hook/report.ts';
import {runHook} from '../hook/run-hook.ts';
import {environment, exitWith} from './exit.ts';

const given = environment(import.meta.url);
exitWith(await runHook('master_failover_report', () => reportHook(given), given.tell));
