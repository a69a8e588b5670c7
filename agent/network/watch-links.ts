import {setTimeout as sleep} from 'node:timers/promises';
import type {Log} from '../log.ts';
import type {Network} from './network.ts';
import {readInterfaces} from './read-addresses.ts';

export interface LinkWatch {
  /** Ends it and waits for its process. */
  stop(): Promise<void>;
}

export interface WatchLinks {
  readonly network: Network;
  readonly log: Log;
  onBack(interfaceName: string): void;
  /** A monitor that ended is started again after this, default 5 s; no other timer runs. */
  readonly againMs?: number;
}

/**
 * Tells when the link of an interface is back: plugged in, switched on, its switch alive again. The kernel wakes us
 * (`ip monitor`): while nothing happens to any link, nothing runs.
 */
export const watchLinks = ({network, log, onBack, againMs = 5000}: WatchLinks): LinkWatch => {
  const ending = new AbortController();
  const {signal} = ending;
  const isUp = new Map<string, boolean>();
  const learn = ({name, up}: LinkEvent): void => {
    const wasUp = isUp.get(name);
    isUp.set(name, up);
    if (wasUp === false && up) onBack(name);
  };
  const follow = async (): Promise<void> => {
    const onLine = (line: string) => readLinkEvents(line).forEach(learn);
    const monitor = network.follow('ip', ['-o', 'monitor', 'link'], {signal, onLine});
    // Asked beside the monitor, so that no change falls between the two. After a break of the monitor this tells of it.
    for (const {name, linkUp} of await readInterfaces(network, signal)) learn({name, up: linkUp});
    const {exitCode, stderr} = await monitor.ended;
    if (!signal.aborted) log.warn('ip monitor ended; it is started again', {exitCode, stderr});
  };
  const followAlways = async (): Promise<void> => {
    while (!signal.aborted) {
      await follow().catch((cause: unknown) => {
        if (!signal.aborted) log.warn('links are not watched; trying again', {cause});
      });
      await sleep(againMs, undefined, {signal, ref: false}).catch(() => {}); // aborted: seen in the loop's condition
    }
  };
  const done = network.tools.paths.ip === undefined ? Promise.resolve() : followAlways();
  return {
    stop: () => {
      ending.abort();
      return done;
    },
  };
};

interface LinkEvent {
  readonly name: string;
  readonly up: boolean;
}

/** `3: eth0@if2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu …`, or the same after `Deleted`. */
const eventLine = /^(Deleted )?\d+: ([^:@\s]+)(?:@[^:\s]+)?: <([^>]*)>/;

export const readLinkEvents = (line: string): readonly LinkEvent[] => {
  const [, deleted, name, flagText] = eventLine.exec(line) ?? [];
  if (name === undefined || flagText === undefined) return [];
  const flags = new Set(flagText.split(','));
  return [{name, up: deleted === undefined && flags.has('UP') && flags.has('LOWER_UP') && !flags.has('NO-CARRIER')}];
};
