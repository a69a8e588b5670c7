import {spawn} from 'node:child_process';

/**
 * Starts a process of its own that writes the metrics of a cluster. The directory is not ours: where it hangs, a thread of
 * the hook would hang with it, and its end would be a kill, which MHA takes as a failure.
 */
export const startWriter = async (
  program: readonly string[],
  configDirectory: string,
  cluster: string,
): Promise<void> => {
  const [file = '', ...args] = program;
  const child = spawn(file, [...args, configDirectory, cluster], {detached: true, stdio: 'ignore', cwd: '/'});
  child.on('error', () => {}); // there is no such file or no memory: the metrics stay old
  child.unref();
};
