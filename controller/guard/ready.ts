import {writeSync} from 'node:fs';

/** Through this the guard tells the hook that started it that it watches. */
export const readyFd = 3;

/**
 * Whoever waited may be gone, and a guard that was started by hand has nobody: it watches all the same. Said twice, by the
 * launcher and by its program; so the descriptor stays open, or it might be another file's by then.
 */
export const sayReady = (): void => {
  try {
    writeSync(readyFd, '.');
  } catch {
    // nobody to tell
  }
};

/** The session of the terminal may end around the guard. */
export const outliveSession = (): void => {
  for (const signal of ['SIGHUP', 'SIGINT'] as const) process.on(signal, () => {});
};
