import {poll} from '../lab/poll.ts';
import {type HookEnd, hookProgram, type Phase} from './mha-stand-in.ts';
import {findProcesses} from './processes.ts';
import {assertEnd, type Stage} from './stage.ts';

export const offerFile = '/var/lib/mha-helper/lab/starter.json';
/** While it is there, a held hook does not load its program for a start. */
export const hold = '/run/hold-hooks';

export interface Waiting {
  readonly pid: string;
  readonly offer: string;
}

export interface Stopped extends Waiting {
  readonly ending: Promise<HookEnd>;
  /** Of the hook. */
  readonly program: string;
}

/** What scenarios about starters do on a stage. */
export const startersOn = (stage: Stage) => {
  /** The stop phase is done, and its starter waits. */
  const stopAndWait = async (phase: Phase = 'online stop', program = hookProgram(phase)): Promise<Waiting> => {
    assertEnd(await stage.mha.call(phase, {program}), 0);
    return starterWaits();
  };

  const starterWaits = (): Promise<Waiting> =>
    poll('a starter that waits', async () => {
      const offer = await stage.scene.read('mgr', offerFile).catch(() => '');
      if (offer === '') return undefined;
      const pid = String(JSON.parse(offer).pid);
      // one that was killed in an earlier scenario has left its offer
      const {code} = await stage.scene.exec('mgr', ['kill', '-0', pid]);
      return code === 0 ? {pid, offer} : undefined;
    });

  const signal = (name: string, pid: string) => stage.scene.mustExec('mgr', ['kill', `-${name}`, pid]);

  /** Which process did the last start, by the failover record. */
  const startedBy = async (): Promise<string | undefined> => {
    const phases = (await stage.scene.newestRecord())?.entries.filter(entry => entry.type === 'phase') ?? [];
    return String(phases.findLast(({phase}) => String(phase).endsWith(' start'))?.pid);
  };

  /** A hook of another name than the stop's: its starter does not see it come, and is asked. */
  const askingHook = async (): Promise<string> => {
    await stage.scene.mustExec('mgr', ['ln', '-sf', hookProgram('online start'), '/run/asking-hook.cjs']);
    return '/run/asking-hook.cjs';
  };

  /** A hook that its starter sees, but whose program is not loaded for a start while `hold` is there. */
  const heldHook = async (phase: Phase): Promise<string> => {
    const program = `/run/held-${phase.split(' ')[0]}-hook.cjs`;
    const wait = `while (process.argv.includes('--command=start') && require('node:fs').existsSync('${hold}'))
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);`;
    const text = `#!/usr/bin/env -S node --use-openssl-ca\n${wait}\nrequire('${hookProgram(phase)}');\n`;
    await stage.scene.write('mgr', program, text, 0o755);
    return program;
  };

  const release = () => stage.scene.mustExec('mgr', ['rm', '-f', hold]);

  const hasStopped = (pid: string) =>
    poll('a starter that stops itself', async () => {
      const found = await findProcesses(stage.scene, 'mgr', 'starter.cjs');
      return found.some(one => one.pid === pid && one.isStopped) || undefined;
    });

  /** A start that its starter has begun and where it stops itself; the hook is there, and not loaded. The fault is gone then. */
  const stopSeenAt = async (point: string, kind: 'online' | 'hard' = 'online'): Promise<Stopped> => {
    const program = await heldHook(`${kind} start`);
    const waiting = await stopAndWait(`${kind} stop`, program);
    await stage.scene.write('mgr', hold, '');
    await stage.scene.breakAt('mgr', {[`${kind} start/${point}`]: 'stop'});
    const ending = stage.mha.call(`${kind} start`, {program});
    await hasStopped(waiting.pid);
    await stage.scene.breakAt('mgr', {});
    return {...waiting, ending, program};
  };

  /** The same in a starter that was asked. */
  const stopAskedAt = async (point: string): Promise<Stopped> => {
    const program = await askingHook();
    const waiting = await stopAndWait();
    await stage.scene.breakAt('mgr', {[`online start/${point}`]: 'stop'});
    const ending = stage.mha.call('online start', {program});
    await hasStopped(waiting.pid);
    await stage.scene.breakAt('mgr', {});
    return {...waiting, ending, program};
  };

  /** A start that a starter does for a hook that is held. */
  const startIsDone = () =>
    poll('a start that is done', async () => {
      const {code} = await stage.scene.exec('mgr', [
        'sh',
        '-c',
        'grep -q exitCode /var/lib/mha-helper/lab/lock.[0-9]*',
      ]);
      return code === 0 || undefined;
    });

  const waits = {stopAndWait, starterWaits, startIsDone, stopSeenAt, stopAskedAt};
  return {...waits, signal, startedBy, askingHook, heldHook, release};
};
