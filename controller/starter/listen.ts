import {randomBytes} from 'node:crypto';
import {mkdir, readdir, unlink} from 'node:fs/promises';
import {connect, createServer, type Server, type Socket} from 'node:net';
import {join} from 'node:path';
import {fromStateDir} from '../record/from-state-dir.ts';
import {identifyProcess, readStat} from '../record/process-stat.ts';
import type {Request} from './conversation.ts';
import {findOffer, publishOffer, readOffer, withdrawOffer} from './offer.ts';
import type {Prepared} from './run-starter.ts';

/** Waits for hooks at a socket beside the failover records. */
export interface Service {
  /** A hook that MHA runs for this start, with its names, comes here. */
  readonly isFound: boolean;
  /** No later starter of the cluster has taken our place. */
  isOffered(): Promise<boolean>;
  /** A hook has been heard, and its start is not at its end. */
  readonly isBusy: boolean;
  /** Call it in the same breath in which nobody is busy. */
  close(): Promise<void>;
}

/** One hook at a time; who comes meanwhile does its work itself, and finds the cluster's lock taken. */
export const listen = async (
  {configDirectory, hook, cluster, oldMaster, newMaster}: Prepared,
  serve: (socket: Socket, nonce: string) => Promise<void>,
): Promise<Service> => {
  const directory = join(cluster.stateDir, cluster.name);
  await mkdir(directory, {recursive: true, mode: 0o750});
  const nonce = randomBytes(16).toString('hex');
  let isBusy = false;
  const server = createServer(socket => {
    socket.on('error', () => {}); // it has gone: `serve` hears the end
    if (isBusy) return void socket.end(`${JSON.stringify({say: 'no'})}\n`);
    isBusy = true;
    const hangUp = () => socket.destroy(); // the hook does the work itself
    void serve(socket, nonce)
      .catch(hangUp)
      .finally(() => {
        isBusy = false;
      });
  });
  await removeDead(directory);
  const socket = join(directory, `starter.${process.pid}.sock`);
  await open(server, socket);
  const nameOf = ({host, port}: Prepared['oldMaster']): string => `${host}:${port}`;
  const masters = {oldMaster: nameOf(oldMaster), ...(newMaster && {newMaster: nameOf(newMaster)})};
  await rehearse(socket, nonce);
  const offer = {...identifyProcess(process.pid), socket, nonce, configDirectory, hook, ...masters};
  await publishOffer(directory, offer);
  const isOffered = async (): Promise<boolean> => (await readOffer(directory))?.nonce === nonce;
  const found = await findOffer({configDirectory, hook, newMaster: '', ...masters});
  return {
    isFound: found?.nonce === nonce,
    isOffered,
    get isBusy() {
      return isBusy;
    },
    close: async () => {
      isBusy = true; // whoever comes now is told no
      await fromStateDir(cluster.stateDir, () => withdrawOffer(directory, offer));
      server.close(); // removes the socket
    },
  };
};

/** What is used for the first time takes longer, and nobody waits for it yet: we ask ourselves for what we do not do. */
const rehearse = (path: string, nonce: string): Promise<void> =>
  new Promise(resolve => {
    const request: Request = {nonce, pid: process.pid, argv: ['--command=stop'], beganMs: Date.now()};
    const socket = connect(path).on('error', () => {}); // 'close' follows
    socket.on('close', () => resolve()).resume();
    socket.write(`${JSON.stringify(request)}\n`);
  });

/** Sockets of starters that were killed. */
const removeDead = async (directory: string): Promise<void> => {
  for (const name of await readdir(directory)) {
    const pid = Number(/^starter\.(\d+)\.sock$/.exec(name)?.[1]);
    if (pid > 0 && pid !== process.pid && readStat(pid) === undefined)
      await unlink(join(directory, name)).catch(() => {}); // another did it
  }
};

/** Longer names the kernel does not take; then nobody waits. */
const open = async (server: Server, path: string): Promise<void> => {
  await unlink(path).catch(() => {}); // of a dead process with our number
  const umask = process.umask(0o177); // the socket must not be open to others even for a moment
  try {
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve));
  } finally {
    process.umask(umask);
  }
};
