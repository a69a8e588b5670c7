import type {Log} from '../log.ts';

const againAfterMs = 60_000;
const remembered = 1_000;

/** Logs who was turned away before a call, once a minute per address: a port scanner must not fill the disk. */
export const logStrangers = (log: Log): ((address: string | undefined, why: string) => void) => {
  const seen = new Map<string, number>();
  return (address = 'unknown', why) => {
    const now = performance.now();
    const last = seen.get(address);
    if (last !== undefined && now - last < againAfterMs) return;
    if (seen.size >= remembered) seen.clear();
    seen.set(address, now);
    log.warn('connection refused', {peer: address, why});
  };
};
