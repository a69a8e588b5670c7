/** The file system of the state directory hangs. */
export class StateDirSilent extends Error {
  override readonly name = 'StateDirSilent';
  readonly hint = 'look at the disk or mount behind it, on this machine';
}

/** A disk that is merely busy answers within that; a hook must not wait its whole time for one that hangs. */
const silentMs = 5000;

/** Reads or writes in the state directory. Throws StateDirSilent when that does not end; what was begun may still happen. */
export const fromStateDir = async <T>(path: string, act: () => Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    const give = () => reject(new StateDirSilent(`${path}: the file system has not answered for ${silentMs / 1000} s`));
    timer = setTimeout(give, silentMs);
  });
  try {
    return await Promise.race([act(), silence]);
  } finally {
    clearTimeout(timer);
  }
};
