import {runOnlineStart, runOnlineStop} from '../failover/online-phases.ts';
import {exitCodeOf} from './exit-codes.ts';
import {leaveMetrics} from './leave-metrics.ts';
import {parseHookArguments} from './parse-arguments.ts';
import {isQuick, partyOf, prepare} from './prepare.ts';
import type {HookEnvironment} from './run-hook.ts';

/** `master_ip_online_change_script`. */
export const onlineHook = async (environment: HookEnvironment): Promise<number> => {
  const args = parseHookArguments('online', environment.argv);
  const input = await prepare(args, environment);
  const newMaster = partyOf(input, args.newMaster);
  // At once: what it costs to start is spent before anything changes. Whatever comes of it, the start phase can do without.
  if (args.command === 'stop' && isQuick(input.cluster.vip)) environment.startStarter(args).catch(() => {});
  const runPhase = args.command === 'stop' ? runOnlineStop : runOnlineStart;
  const startGuard = (recordPath: string) => environment.startGuard(input.cluster.name, recordPath);
  const end = await runPhase({...input, newMaster, startGuard});
  if (args.command === 'start' || end.result !== 'done') await leaveMetrics(input.cluster, environment);
  return exitCodeOf(end);
};
