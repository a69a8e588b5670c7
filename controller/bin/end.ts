import {inspect} from 'node:util';

/**
 * Ends the process, whatever hangs. exit(3) waits for libuv's threads, and one that waits for a dead mount or a silent
 * resolver would hold the hook for ever: then only a signal ends it, which MHA takes as a failure. Normally nothing is
 * under way any more.
 */
export const end = (code: number): never => {
  if (process.getActiveResourcesInfo().some(name => name === 'FSReqCallback' || name.startsWith('GetAddrInfo')))
    process.kill(process.pid, 'SIGKILL');
  if (pendingPromises() > 0) process.kill(process.pid, 'SIGKILL');
  process.exit(code);
};

/** Of node:fs/promises. Node lists what has ended, too, until its memory is collected: only the promise tells. */
const pendingPromises = (): number =>
  activeRequests().filter(
    request =>
      request.constructor.name === 'FSReqPromise' &&
      inspect((request as {promise?: unknown}).promise, {depth: 0}).includes('<pending>'),
  ).length;

const activeRequests = (): readonly object[] =>
  (process as {_getActiveRequests?: () => readonly object[]})._getActiveRequests?.() ?? [];
