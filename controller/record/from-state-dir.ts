/** The file system of the state directory hangs. */
export class StateDirSilent extends Error {
  override readonly name = 'StateDirSilent';
  readonly hint = 'look at the disk or mount behind it, on this machine';
}

let silent = 0;

/** Something that was begun there has not ended: a thread of this process hangs with it. */
export const stateDirIsSilent = (): boolean => silent > 0;

/** A disk that is merely busy answers within that; a hook must not wait its whole time for one that hangs. */
const silentMs = 5000;

/** Reads or writes in the state directory. Throws StateDirSilent when that does not end; what was begun may still happen. */
export const fromStateDir = async <T>(path: string, act: () => Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const work = act();
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      silent++;
      const heardAfterAll = () => void silent--;
      work.then(heardAfterAll, heardAfterAll);
      reject(new StateDirSilent(`${path}: the file system has not answered for ${silentMs / 1000} s`));
    }, silentMs);
  });
  try {
    return await Promise.race([work, silence]);
  } finally {
    clearTimeout(timer);
  }
};
