import {closeSync, writeSync} from 'node:fs';

/** Through this the guard tells the hook that started it that it watches. */
export const readyFd = 3;

/** Whoever waited may be gone, and a guard that was started by hand has nobody: it watches all the same. */
export const sayReady = (): void => {
  try {
    writeSync(readyFd, '.');
    closeSync(readyFd);
  } catch {
    // nobody to tell
  }
};
