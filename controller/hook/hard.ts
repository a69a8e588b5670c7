import {runHardStart, runHardStop} from '../failover/hard-phases.ts';
import {checkStatus} from '../failover/status-check.ts';
import {exitCodeOf} from './exit-codes.ts';
import {leaveMetrics} from './leave-metrics.ts';
import {parseHookArguments} from './parse-arguments.ts';
import {isQuick, partyOf, prepare} from './prepare.ts';
import type {HookEnvironment} from './run-hook.ts';

/** `master_ip_failover_script`. */
export const hardHook = async (environment: HookEnvironment): Promise<number> => {
  const args = parseHookArguments('failover', environment.argv);
  const input = await prepare(args, environment);
  switch (args.command) {
    case 'status':
      return exitCodeOf(await checkStatus(input));
    case 'stop':
    case 'stopssh': {
      const end = await runHardStop(input);
      if (end.result === 'failed') await leaveMetrics(input.cluster, environment);
      // At the end: MHA has much to do before its start, and writes may still go on until here.
      else if (isQuick(input.cluster.vip)) {
        const starting = environment.startStarter({hook: 'failover', oldMaster: args.oldMaster, newMaster: undefined});
        await starting.catch(() => {}); // the start phase can do without
      }
      return exitCodeOf(end);
    }
    case 'start': {
      const end = await runHardStart({...input, newMaster: partyOf(input, args.newMaster)});
      await leaveMetrics(input.cluster, environment);
      return exitCodeOf(end);
    }
  }
};
