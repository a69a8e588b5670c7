import {stateDirIsSilent} from '../record/from-state-dir.ts';

/**
 * Ends the process. exit(3) waits for libuv's threads, and one that waits for a dead mount would hold the hook for ever:
 * then only a signal ends it, which MHA takes as a failure.
 */
export const end = (code: number): never => {
  if (stateDirIsSilent()) process.kill(process.pid, 'SIGKILL');
  process.exit(code);
};
