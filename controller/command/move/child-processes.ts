import {readdir, readFile} from 'node:fs/promises';

/** Processes that this one has started, and theirs. */
export const descendantsOf = async (pid: number): Promise<readonly number[]> => {
  const processes = await Promise.all(
    (await readdir('/proc'))
      .filter(name => /^\d+$/.test(name))
      .map(async name => ({pid: Number(name), parent: await parentOf(name)})),
  );
  const found = [pid];
  for (const known of found) found.push(...processes.filter(({parent}) => parent === known).map(one => one.pid));
  return found.slice(1);
};

const parentOf = async (pid: string): Promise<number | undefined> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''); // it has ended
  // the name is in parentheses and may hold anything; the parent is the second field behind it
  const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
  return parent === undefined ? undefined : Number(parent);
};
