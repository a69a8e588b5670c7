import type {Lab} from '../lab/lab.ts';
import {floorCall, hookCall, type Side, sides, timedScript} from './hook-calls.ts';
import {withIdleClients} from './idle-clients.ts';
import {placeMaster} from './place-master.ts';
import {type Spread, spreadOf} from './spread.ts';

export const hookRows = [
  'status',
  'online stop, no clients',
  'online stop, 5 idle clients',
  'online start',
  'hard stopssh',
  'hard start',
] as const;

export type HookRow = (typeof hookRows)[number];

export interface HookTimes {
  readonly floor: Spread;
  readonly rows: ReadonlyMap<HookRow, Readonly<Record<Side, Spread>>>;
}

/** Milliseconds by row. */
type Round = Partial<Record<HookRow, number>>;

/** Wall times of all hooks of both sides, in turns, so that whatever else the machine does hits both. */
export const timeHooks = async (lab: Lab, rounds: number, tell: (line: string) => void): Promise<HookTimes> => {
  const floor: number[] = [];
  const measured: Record<Side, Round[]> = {ours: [], script: []};
  await runRounds(lab, () => {}); // caches of disk and server belong to neither side
  for (let round = 1; round <= rounds; round++) {
    floor.push(...(await timeCalls(lab, [floorCall])));
    await runRounds(lab, (side, times) => measured[side].push(times));
    tell(`hooks: round ${round} of ${rounds}`);
  }
  const spread = (side: Side, row: HookRow): Spread => spreadOf(measured[side].flatMap(round => round[row] ?? []));
  const rows = hookRows.map(row => [row, {ours: spread('ours', row), script: spread('script', row)}] as const);
  return {floor: spreadOf(floor), rows: new Map(rows)};
};

const runRounds = async (lab: Lab, onRound: (side: Side, times: Round) => void): Promise<void> => {
  for (const side of sides) onRound(side, await runRound(lab, side));
};

/** db1 to db2 online, back by a hard failover, and online once more with clients. */
const runRound = async (lab: Lab, side: Side): Promise<Round> => {
  const call = (name: Parameters<typeof hookCall>[1]) => hookCall(side, name);
  const online = [call('online-stop'), call('online-start')];
  await placeMaster(lab);
  const [status, quietStop, onlineStart] = await timeCalls(lab, [call('check-repl-status'), ...online]);
  const [stopssh, hardStart] = await timeCalls(lab, [call('failover-stopssh'), call('failover-start')]);
  await placeMaster(lab);
  const [busyStop] = await withIdleClients(lab, 5, () => timeCalls(lab, online));
  const times = [status, quietStop, busyStop, onlineStart, stopssh, hardStart];
  return Object.fromEntries(hookRows.map((row, index) => [row, times[index]]));
};

/** Runs them one after another on the manager. Any exit code but 0 ends the bench: a hook that failed has no time. */
const timeCalls = async (lab: Lab, calls: readonly (readonly string[])[]): Promise<readonly number[]> => {
  const argv = calls.flatMap((call, index) => (index === 0 ? call : ['%%', ...call]));
  const {stdout} = await lab.mustExec('mgr', [timedScript, ...argv], {timeoutMs: 60_000});
  const results = stdout
    .trim()
    .split('\n')
    .map(line => line.split(' ').map(Number));
  if (results.some(([code]) => code !== 0)) {
    const said = await lab.read('mgr', '/var/log/timed.log');
    throw new Error(`a hook failed: ${stdout}${calls.map(call => call.join(' ')).join('\n')}\n${said}`);
  }
  return results.map(([, microseconds]) => (microseconds ?? Number.NaN) / 1000);
};
