/**
 * Ends the process, whatever hangs. exit(3) waits for libuv's threads, and one that waits for a dead mount or a silent
 * resolver would hold the hook for ever: then only a signal ends it, which MHA takes as a failure. Normally nothing is
 * under way any more.
 */
export const end = (code: number): never => {
  const isHeld = process.getActiveResourcesInfo().some(name => /^(FSReq|GetAddrInfo)/.test(name));
  if (isHeld) process.kill(process.pid, 'SIGKILL');
  process.exit(code);
};
