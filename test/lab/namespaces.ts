import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {readlink} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {poll} from './poll.ts';
import {mustRun} from './run.ts';
import {addresses, addresses6, type HostName, labInterface, prefixLength, prefixLength6} from './topology.ts';

/** A process that holds namespaces open. They are nameless: when it ends, the kernel removes all that was in them. */
export interface Holder {
  /** The process inside, as the outer pid namespace numbers it. */
  readonly pid: number;
  readonly process: ChildProcess;
}

export const repository = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** What is costly to make and the same for every lab: the data directory's template and the ssh key. */
export const labCache = join(repository, '.cache/lab');

/** The lab's switch: a bridge in a network namespace of its own. */
export const startBridge = async (): Promise<Holder> => {
  const child = spawn('unshare', ['--net', 'cat'], {detached: true, stdio: ['pipe', 'ignore', 'inherit']});
  const pid = await startedPid(child);
  const own = await namespaceOf('self');
  await poll('the network namespace of the bridge', async () => ((await namespaceOf(pid)) === own ? undefined : true));
  // Without the forward delay a port passes frames at once; without snooping no multicast is held back.
  const bridge = ['type', 'bridge', 'forward_delay', '0', 'stp_state', '0', 'mcast_snooping', '0'];
  await mustRun([...inNetwork(pid), 'ip', 'link', 'add', 'br0', ...bridge]);
  await mustRun([...inNetwork(pid), 'ip', 'link', 'set', 'br0', 'up']);
  return {pid, process: child};
};

/** One host: net, uts, mount and pid namespaces, an own /etc, /var/lib, /var/tmp, /var/log and /run, and `eth0` on the bridge. */
export const startHost = async (name: HostName, bridge: Holder): Promise<Holder> => {
  const kept = [repository, dirname(dirname(process.execPath))];
  const flags = ['--net', '--uts', '--mount', '--pid', '--fork', '--kill-child'];
  const init = join(repository, 'test/lab/host-init.sh');
  const child = spawn('unshare', [...flags, 'sh', init, name, ...kept], {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const host = {pid: await readyPid(name, child), process: child};
  await plugIn(name, host, bridge);
  return host;
};

/** The bridge's end of a host's cable. */
export const portOf = (name: HostName): string => `v-${name}`;

export const inNetwork = (pid: number): string[] => ['nsenter', '-t', String(pid), '-n', '--'];

/** Kills what holds the namespaces and waits until all processes inside are gone. */
export const endHolder = async (holder: Holder): Promise<void> => {
  // A lab is let go of (lab.ts): without this its owner would be done before the lab is.
  holder.process.ref();
  const ended = once(holder.process, 'exit');
  killHolder(holder);
  if (holder.process.exitCode === null && holder.process.signalCode === null) await ended;
};

/** For the last moment of a process, where nothing can be awaited. */
export const killHolder = ({pid, process: child}: Holder): void => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
};

const plugIn = async (name: HostName, host: Holder, bridge: Holder): Promise<void> => {
  const inside = inNetwork(host.pid);
  const port = portOf(name);
  const peer = ['peer', 'name', labInterface, 'netns', String(host.pid)];
  await mustRun([...inNetwork(bridge.pid), 'ip', 'link', 'add', port, 'type', 'veth', ...peer]);
  await mustRun([...inNetwork(bridge.pid), 'ip', 'link', 'set', port, 'master', 'br0', 'up']);
  await mustRun([...inside, 'ip', 'address', 'add', `${addresses[name]}/${prefixLength}`, 'dev', labInterface]);
  const address6 = [`${addresses6[name]}/${prefixLength6}`, 'dev', labInterface, 'nodad'];
  await mustRun([...inside, 'ip', 'address', 'add', ...address6]);
  await mustRun([...inside, 'ip', 'link', 'set', labInterface, 'up']);
};

const startedPid = async (child: ChildProcess): Promise<number> => {
  if (child.pid !== undefined) return child.pid;
  const [error] = await once(child, 'error');
  throw error;
};

/** The init script tells its pid when everything is mounted. */
const readyPid = (name: HostName, child: ChildProcess): Promise<number> =>
  new Promise((resolve, reject) => {
    let said = '';
    const listen = (text: string): void => {
      said += text;
      const pid = /^ready (\d+)$/m.exec(said)?.[1];
      if (pid !== undefined) resolve(Number(pid));
    };
    child.stdout?.setEncoding('utf8').on('data', listen);
    child.stderr?.setEncoding('utf8').on('data', listen);
    child.on('error', reject);
    child.on('exit', () => reject(new Error(`host ${name} did not come up: ${said}`)));
  });

const namespaceOf = (pid: number | 'self'): Promise<string> => readlink(`/proc/${pid}/ns/net`);
