import {readdir, readFile, readlink} from 'node:fs/promises';

/** What the machine would still have of a lab: to be asked for while it is up, and looked at when it is gone. */
export const namespacesOf = async (pids: readonly number[]): Promise<ReadonlySet<string>> => {
  const all = await Promise.all(pids.map(namespaces));
  const own = await namespaces('self');
  return new Set(all.flat().filter(namespace => !own.includes(namespace)));
};

/** Processes that live in one of these namespaces, and mounts of a lab seen from here. Empty: nothing remains. */
export const remainsOf = async (wanted: ReadonlySet<string>): Promise<readonly string[]> => {
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async pid => {
      const inside = (await namespaces(Number(pid))).some(namespace => wanted.has(namespace));
      return inside ? [`process ${pid}: ${await commandOf(pid)}`] : [];
    }),
  );
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8'))
    .split('\n')
    .filter(line => / - tmpfs lab /.test(line));
  return [...found.flat(), ...mounts];
};

const namespaces = async (pid: number | 'self'): Promise<readonly string[]> => {
  const kinds = ['net', 'mnt', 'uts', 'pid'];
  // A process that ended meanwhile is in no namespace.
  const links = await Promise.all(kinds.map(kind => readlink(`/proc/${pid}/ns/${kind}`).catch(() => '')));
  return links.filter(Boolean);
};

const commandOf = (pid: string): Promise<string> =>
  readFile(`/proc/${pid}/cmdline`, 'utf8').then(
    text => text.replaceAll('\0', ' '),
    () => 'gone by now',
  );
