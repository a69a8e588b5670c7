import {timingSafeEqual} from 'node:crypto';
import type {Socket} from 'node:net';
import {createInterface} from 'node:readline';
import {setTimeout as sleep} from 'node:timers/promises';
import type {Asking} from './ask-ahead.ts';
import type {Answer, Request} from './conversation.ts';
import type {Prepared, StarterMeans} from './run-starter.ts';
import type {SeenStart} from './seen-start.ts';
import {kindOf} from './start-kinds.ts';
import {readWanted, work} from './start-work.ts';

/** Longer than any hook waits for us: on a busy machine it is not we who lose patience. */
const patienceMs = 1000;
const aliveMs = 500;

export interface Service {
  readonly prepared: Prepared;
  readonly means: StarterMeans;
  readonly asking: Asking;
  readonly nonce: string;
  /** The start that is done for a hook that has not asked. */
  readonly seen: SeenStart | undefined;
}

/**
 * One start phase for one hook, in three turns: its arguments, our claim (the cluster's lock is held), its `go`. A hook that
 * was seen before finds its start under way. MHA waits for the hook and may kill it: its end is ours then, and the agents
 * undo what was not committed.
 */
export const serve = async (socket: Socket, service: Service): Promise<void> => {
  const say = (answer: Answer): void => void socket.write(`${JSON.stringify(answer)}\n`);
  const hear = listenTo(socket);
  const line = await hear();
  say({say: 'alive'}); // a hook does not wait for one that is frozen
  const request = readRequest(line, service.nonce);
  const exitCode = request && (await answer(request, {service, socket, say, hear}));
  socket.end(`${JSON.stringify(exitCode === undefined ? {say: 'no'} : {say: 'end', exitCode})}\n`);
};

/** The next line; undefined: there is none, or it comes too late. */
type Hear = () => Promise<string | undefined>;

const listenTo = (socket: Socket): Hear => {
  const input = createInterface({input: socket}).on('error', () => {}); // the hook is gone: there is no next line
  const lines = input[Symbol.asyncIterator]();
  return async () => {
    const next = lines.next().catch(() => undefined);
    const line = await Promise.race([next, sleep(patienceMs, undefined, {ref: false})]);
    return line?.done === true ? undefined : line?.value;
  };
};

/** Undefined: whoever says this has not read our offer. */
const readRequest = (line: string | undefined, nonce: string): Request | undefined => {
  try {
    const request = JSON.parse(line ?? '') as Request;
    const [theirs, ours] = [Buffer.from(request.nonce), Buffer.from(nonce)];
    return theirs.length === ours.length && timingSafeEqual(theirs, ours) ? request : undefined;
  } catch {
    return undefined;
  }
};

interface Talk {
  readonly service: Service;
  readonly socket: Socket;
  readonly say: (answer: Answer) => void;
  readonly hear: Hear;
}

/** The exit code for the hook; undefined: nothing was done for it. */
const answer = async (request: Request, talk: Talk): Promise<number | undefined> => {
  const {seen, prepared, means, asking} = talk.service;
  if (seen !== undefined) return seen.hook.pid === request.pid ? join(seen, talk) : undefined;
  const wanted = readWanted(request, prepared);
  if (wanted === undefined) return undefined;
  const bond = bindTo(talk);
  const mayBegin = async (): Promise<boolean> => {
    talk.say({say: 'mine'});
    means.faultPoint(`${kindOf(prepared).phase}/after claim`);
    if ((await talk.hear()) !== 'go') return false;
    bond.tie();
    return true;
  };
  const tell = (text: string): void => talk.say({say: 'line', text});
  return work(wanted, {prepared, means, asking, tell, mayBegin}).finally(bond.untie);
};

/** Its start is under way, or has been declined, or is done. */
const join = async (seen: SeenStart, talk: Talk): Promise<number | undefined> => {
  if (!(await seen.isBegun)) return undefined;
  talk.say({say: 'mine'});
  const bond = bindTo(talk);
  bond.tie();
  seen.giveVoice(talk.say);
  return seen.exitCode.finally(bond.untie);
};

/** While we are at work for it the hook hears that we live, and its end is ours. */
const bindTo = ({socket, say, service}: Talk) => {
  const leave = (): never => service.means.exit(1);
  let beats: NodeJS.Timeout | undefined;
  const tie = (): void => {
    if (socket.destroyed) leave();
    socket.once('close', leave);
    beats = setInterval(() => say({say: 'alive'}), aliveMs);
  };
  const untie = (): void => {
    clearInterval(beats);
    socket.off('close', leave);
  };
  return {tie, untie};
};
