import {timingSafeEqual} from 'node:crypto';
import type {Socket} from 'node:net';
import {createInterface} from 'node:readline';
import {setTimeout as sleep} from 'node:timers/promises';
import {type StartInput, startAlone} from '../failover/online-phases.ts';
import {alone} from '../failover/phase.ts';
import {exitCodeOf} from '../hook/exit-codes.ts';
import {leaveMetrics} from '../hook/leave-metrics.ts';
import {type OnlineArguments, parseHookArguments} from '../hook/parse-arguments.ts';
import {undoReserveMs} from '../hook/prepare.ts';
import {runHook} from '../hook/run-hook.ts';
import type {AskedAhead} from './ask-ahead.ts';
import type {Answer, Request} from './conversation.ts';
import type {Prepared, StarterMeans} from './run-starter.ts';

/** Longer than any hook waits for us: on a busy machine it is not we who lose patience. */
const patienceMs = 1000;
const aliveMs = 500;

export interface Service {
  readonly prepared: Prepared;
  readonly means: StarterMeans;
  readonly nonce: string;
  readonly askedAhead: () => AskedAhead;
}

/**
 * One start phase for one hook, in three turns: its arguments, our claim (the cluster's lock is held), its `go`. MHA waits
 * for the hook and may kill it: from `go` on its end is ours, and the agents undo what was not committed.
 */
export const serve = async (socket: Socket, service: Service): Promise<void> => {
  const say = (answer: Answer): void => void socket.write(`${JSON.stringify(answer)}\n`);
  const hear = listenTo(socket);
  const askedAhead = service.askedAhead();
  const line = await hear();
  say({say: 'alive'}); // a hook does not wait for one that is frozen
  const request = readRequest(line, service);
  const exitCode = request && (await claimAndStart(request, {service, socket, say, hear, askedAhead}));
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

interface StartRequest {
  readonly args: OnlineArguments;
  readonly beganMs: number;
}

/** Undefined: not for us, or not as a hook would do it now. */
const readRequest = (line: string | undefined, {prepared, nonce}: Service): StartRequest | undefined => {
  try {
    const request = JSON.parse(line ?? '') as Request;
    const [theirs, ours] = [Buffer.from(request.nonce), Buffer.from(nonce)];
    if (theirs.length !== ours.length || !timingSafeEqual(theirs, ours) || !prepared.isCurrent()) return undefined;
    const args = parseHookArguments('online', request.argv);
    const isSame = (['oldMaster', 'newMaster'] as const).every(
      which => args[which].host === prepared[which].host && args[which].port === prepared[which].port,
    );
    return isSame && args.command === 'start' ? {args, beganMs: request.beganMs} : undefined;
  } catch {
    return undefined; // the hook says what is wrong with its arguments
  }
};

interface Talk {
  readonly service: Service;
  readonly socket: Socket;
  readonly say: (answer: Answer) => void;
  readonly hear: Hear;
  readonly askedAhead: AskedAhead;
}

/** Undefined: nothing was done. */
const claimAndStart = async (request: StartRequest, talk: Talk): Promise<number | undefined> => {
  const {service, socket, say, hear, askedAhead} = talk;
  const {prepared, means} = service;
  const input = inputOf(request, {prepared, means, tell: text => say({say: 'line', text})});
  const seenFree = await askedAhead.free;
  const claim = alone({...input, seenFree}, 'online start', async lock => {
    const facts = await askedAhead.facts(lock);
    // Who does not answer here may answer a hook that connects anew; and only a hook weighs the silence of an old master.
    if (facts.survey.hosts.some(({error}) => error !== undefined)) return undefined;
    say({say: 'mine'});
    means.faultPoint('online start/after claim');
    if ((await hear()) !== 'go') return undefined;
    const leave = (): never => means.exit(1);
    socket.once('close', leave);
    const beats = setInterval(() => say({say: 'alive'}), aliveMs);
    try {
      for (const note of [...request.args.notes, ...prepared.notes]) input.tell(`note: ${note}`);
      const act = async () => {
        const end = await startAlone(input, facts);
        await leaveMetrics(input.cluster, {startMetrics: means.startMetrics, tell: input.tell});
        return exitCodeOf(end);
      };
      return await runHook('master_ip_online_failover_helper', act, input.tell);
    } finally {
      clearInterval(beats);
      socket.off('close', leave);
    }
  });
  return claim.catch(() => undefined); // another holds the lock: the hook says who
};

const inputOf = (
  {beganMs}: StartRequest,
  {prepared, means, tell}: Pick<Service, 'prepared' | 'means'> & Pick<StartInput, 'tell'>,
): StartInput => {
  const {cluster, parties, oldParty: oldMaster, newParty: newMaster} = prepared;
  const leftMs = cluster.hookTimeoutMs - Math.max(0, Date.now() - beganMs);
  setTimeout(() => means.exit(1), leftMs + undoReserveMs).unref(); // the last resort behind every deadline, as in a hook
  const deadline = performance.now() + leftMs;
  return {cluster, parties, oldMaster, newMaster, deadline, beganMs, exitCodeOf, tell, faultPoint: means.faultPoint};
};
