import {runHardStart, runHardStop} from '../failover/hard-phases.ts';
import {checkStatus} from '../failover/status-check.ts';
import {exitCodeOf} from './exit-codes.ts';
import {leaveMetrics} from './leave-metrics.ts';
import {parseHookArguments} from './parse-arguments.ts';
import {partyOf, prepare} from './prepare.ts';
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
      return exitCodeOf(end);
    }
    case 'start': {
      const end = await runHardStart({...input, newMaster: partyOf(input, args.newMaster)});
      await leaveMetrics(input.cluster, environment);
      return exitCodeOf(end);
    }
  }
};
