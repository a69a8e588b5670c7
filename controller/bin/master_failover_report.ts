#!/usr/bin/env node
import {reportHook} from '../hook/report.ts';
import {runHook} from '../hook/run-hook.ts';
import {endReport} from './end.ts';
import {environment} from './exit.ts';

const given = environment(import.meta.url);
endReport(await runHook('master_failover_report', () => reportHook(given), given.tell));
