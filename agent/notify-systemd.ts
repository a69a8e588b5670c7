import type {Log} from './log.ts';
import {runCommand} from './network/command.ts';

export interface NotifySystemd {
  /** What systemd put into the service's environment: NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Resolves when the agent has answered a call within so many milliseconds. */
  answers(withinMs: number): Promise<void>;
  readonly log: Log;
  /** Node cannot speak to a datagram socket; this program of systemd's does. */
  readonly program?: string;
}

/**
 * Tells systemd that the agent serves, and after that that it still does: each time only when it has answered a call of
 * its own. An agent that hangs falls silent and is started anew. Not under systemd, it does nothing.
 */
export const notifySystemd = (options: NotifySystemd): {stopping(): Promise<void>} => {
  const {NOTIFY_SOCKET: socket} = options.environment;
  if (socket === undefined || socket === '') return {stopping: async () => {}};
  const say = (state: string): Promise<void> => tell(options, socket, state);
  const everyMs = watchdogMs(options.environment) / 3;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const beat = async (): Promise<void> => {
    const isAlive = await answers(options, Math.min(everyMs, 5_000));
    if (isAlive) await say('WATCHDOG=1');
    if (!stopped) timer = setTimeout(beat, everyMs);
  };
  void say('READY=1').then(() => (everyMs === 0 ? undefined : beat()));
  return {
    stopping: () => {
      stopped = true;
      clearTimeout(timer);
      return say('STOPPING=1');
    },
  };
};

/** 0: no watchdog, or one that watches another process. */
const watchdogMs = ({WATCHDOG_USEC, WATCHDOG_PID}: NotifySystemd['environment']): number =>
  WATCHDOG_USEC === undefined || Number(WATCHDOG_PID ?? process.pid) !== process.pid ? 0 : Number(WATCHDOG_USEC) / 1000;

const answers = async ({answers, log}: NotifySystemd, withinMs: number): Promise<boolean> => {
  try {
    await answers(withinMs);
    return true;
  } catch (error) {
    log.error('the agent does not answer itself: systemd hears nothing', {error});
    return false;
  }
};

/** A word that does not reach systemd is a line in the log: systemd acts on silence, and the agent goes on. */
const tell = async ({log, program}: NotifySystemd, socket: string, state: string): Promise<void> => {
  const command = {file: program ?? '/usr/bin/systemd-notify', args: [state], env: {NOTIFY_SOCKET: socket}};
  try {
    await runCommand(command, {signal: new AbortController().signal, timeoutMs: 5_000});
  } catch (error) {
    log.warn('systemd could not be told', {state, error});
  }
};
