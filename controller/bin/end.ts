import {stateDirIsSilent} from '../record/from-state-dir.ts';

/**
 * Ends the process. exit(3) waits for libuv's threads, and one that waits for a dead mount would hold the hook for ever:
 * then only a signal ends it, which MHA takes as a failure.
 */
export const end = (code: number): never => {
  if (stateDirIsSilent()) process.kill(process.pid, 'SIGKILL');
  process.exit(code);
};

/** The same for a process whose exit code nobody reads, whatever hangs. */
export const endUnheard = (): never => {
  process.kill(process.pid, 'SIGKILL');
  process.exit(); // never reached
};

/** A resolver that says nothing holds a thread for longer than a report may take. Undelivered it is anyway. */
export const endReport = (code: number): void => {
  const isResolving = process.getActiveResourcesInfo().some(name => name.startsWith('GetAddrInfo'));
  process.stdout.write('', () => (code !== 0 && isResolving ? endUnheard() : end(code)));
};
