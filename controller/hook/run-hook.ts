import type {FaultPoint} from '../../proto/fault-points.ts';
import type {CloudEnvironment} from '../config/cluster-config.ts';
import {ConfigInvalid} from '../config/config-invalid.ts';
import type {StartedGuard} from '../failover/steps/start-guard.ts';
import {ServedAlready} from '../record/lock.ts';
import {sayError} from '../say-error.ts';
import {exitCodes} from './exit-codes.ts';
import {type HookArguments, type MhaInstance, UsageError} from './parse-arguments.ts';

/** What a hook is given by the process it runs in. */
export interface HookEnvironment {
  readonly argv: readonly string[];
  readonly configDirectory: string;
  /** Of the process, what says how a cloud's API is reached; undefined: nothing. */
  readonly cloudEnvironment?: CloudEnvironment;
  /** One line to MHA's log. */
  readonly tell: (line: string) => void;
  /** Where tests break the process; nothing in production. */
  readonly faultPoint: FaultPoint;
  /** Ends the process that many milliseconds after its start, whatever hangs: the last resort behind every deadline. */
  readonly endBy: (ms: number) => void;
  /** Starts the guard of an online stop. */
  readonly startGuard: (cluster: string, recordPath: string) => Promise<StartedGuard>;
  /** Has somebody get ready for the start phase of this hook. */
  readonly startStarter: (wanted: WantedStarter) => Promise<void>;
  /** Starts the process that writes the metrics of a cluster. */
  readonly startMetrics: (cluster: string) => Promise<void>;
}

export interface WantedStarter {
  readonly hook: Exclude<keyof HookArguments, 'report'>;
  readonly oldMaster: MhaInstance;
  /** Undefined: MHA says it with the start. */
  readonly newMaster: MhaInstance | undefined;
}

/**
 * Runs a hook to its exit code. Every error ends here as one message and what to do next; a stack trace helps nobody
 * at three in the morning.
 */
export const runHook = async (
  name: string,
  act: () => Promise<number>,
  tell: (line: string) => void,
): Promise<number> => {
  try {
    return await act();
  } catch (error) {
    if (error instanceof ServedAlready) {
      tell(`note: ${error.message}; mha-helper history and mha-helper show tell its steps`);
      return error.exitCode;
    }
    for (const line of sayError(name, error)) tell(line);
    return error instanceof UsageError || error instanceof ConfigInvalid ? exitCodes.usage : exitCodes.failed;
  }
};
