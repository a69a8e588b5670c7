import type {Socket} from 'node:net';
import {endProcess} from '../record/process-stat.ts';
import {type Answer, type Request, withoutPasswords} from './conversation.ts';
import {findOffer, type Offer} from './offer.ts';

/** How long the starter may take to show that it is awake, and then to make the start its own: it asks both agents first. */
const awakeMs = 200;
const claimMs = 500;
/** At work it says something every half second; after so long a silence it is frozen, or as good as dead. */
const silenceMs = 2000;

/**
 * Has the start phase done by the starter that the stop phase has left waiting, and says what it says. Answers its exit
 * code; undefined: there is none, or it was lost. Then it is dead, nobody else works on this start, and what it had begun
 * is being undone by the agents: the caller does the work itself. If the caller dies, its starter goes with it.
 */
export const askStarter = async (
  argv: readonly string[],
  {configDirectory, hook, tell}: Asking,
): Promise<number | undefined> => {
  const finding = findOffer({
    ...{configDirectory, hook},
    oldMaster: masterOf(argv, 'orig_master'),
    newMaster: masterOf(argv, 'new_master'),
  });
  const net = await import('node:net'); // loading it takes as long as the disk
  const offer = await finding;
  if (offer === undefined) return undefined;
  // performance.timeOrigin says the same, and takes half a millisecond to load
  const beganMs = Date.now() - process.uptime() * 1000;
  const request = {nonce: offer.nonce, pid: process.pid, argv: withoutPasswords(argv), beganMs};
  const end = await converse(net.connect(offer.socket), request, tell);
  if (typeof end === 'number') return end;
  if (end === 'refused') return undefined;
  // the cluster's lock is free when its holder is dead, and agents undo what has no controller any more
  await endProcess(offer);
  if (end === 'lost') tell('note: the process that was waiting for this start is lost; doing the work here');
  return undefined;
};

export interface Asking extends Pick<Offer, 'configDirectory' | 'hook'> {
  readonly tell: (line: string) => void;
}

/** `host:port` in MHA's own words. */
const masterOf = (argv: readonly string[], prefix: string): string => {
  const read = (name: string): string =>
    argv.findLast(one => one.startsWith(`--${prefix}_${name}=`))?.slice(prefix.length + name.length + 4) ?? '';
  return `${read('host')}:${read('port')}`;
};

/** refused: it does nothing. unclaimed: it has not said that it began; if it had, the lock tells. lost: it had, or may have. */
type End = number | 'refused' | 'unclaimed' | 'lost';

const converse = (socket: Socket, request: Request, tell: (line: string) => void): Promise<End> =>
  new Promise(resolve => {
    let isBegun = false;
    const lose = (): void => finish(isBegun ? 'lost' : 'unclaimed');
    let timer = setTimeout(lose, awakeMs);
    const finish = (end: End): void => {
      clearTimeout(timer);
      socket.removeAllListeners('close').destroy();
      resolve(end);
    };
    const act: {readonly [S in Answer['say']]: (answer: Extract<Answer, {say: S}>) => void} = {
      no: () => finish(isBegun ? 'lost' : 'refused'),
      mine: () => {
        isBegun = true;
        socket.write('go\n');
      },
      line: ({text}) => tell(text),
      alive: () => {},
      end: ({exitCode}) => finish(exitCode),
    };
    socket.on('error', () => {}); // 'close' follows
    socket.on('close', lose);
    socket.write(`${JSON.stringify(request)}\n`);
    hearLines(socket, answer => {
      if (socket.destroyed) return;
      clearTimeout(timer);
      (act[answer.say] as (answer: Answer) => void)(answer);
      if (!socket.destroyed) timer = setTimeout(lose, isBegun ? silenceMs : claimMs);
    });
  });

/** Without node:readline, which takes 2 ms to load. */
const hearLines = (socket: Socket, hear: (answer: Answer) => void): void => {
  let rest = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop() ?? '';
    try {
      for (const line of lines) hear(JSON.parse(line) as Answer);
    } catch {
      socket.destroy(); // no starter of ours; its end says the rest
    }
  });
};
