import {readFileSync} from 'node:fs';

/** A fraction of what a hook takes to load, and a look takes some 20 microseconds. */
const lookMs = 8;

/** Hears of each new process that this one has started, as long as ours lives. A kernel that does not tell shows none. */
export const watchChildren = (pid: number, hear: () => void): void => {
  let known = childrenOf(pid);
  const look = (): void => {
    const now = childrenOf(pid);
    const isNew = now.some(child => !known.includes(child));
    known = now;
    if (isNew) hear();
  };
  setInterval(look, lookMs).unref();
};

const childrenOf = (pid: number): readonly string[] => {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
  } catch {
    return []; // gone, or a kernel without this file
  }
};
