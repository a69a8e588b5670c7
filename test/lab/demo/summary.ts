import {renderTable} from '../../../controller/command/terminal/table.ts';
import type {DbHost} from '../topology.ts';
import {duration} from './act.ts';
import {brokenPromises} from './judge.ts';
import type {Outcome} from './play.ts';
import {type Played, spreadOf, sumOf} from './score.ts';
import {helper, type Stage} from './stage.ts';

/** Stops the client, asks everybody a last time, and says which promises were kept. */
export const summarise = async (stage: Stage, master: DbHost): Promise<Outcome> => {
  const {lab, screen, writer, observer, score} = stage;
  screen.headline('The client stops, and every acknowledged row is looked for on the master');
  const report = await writer.finish(master);
  await observer.stop();
  screen.say('$ mha-helper status');
  const status = await helper(lab, line => screen.print([line]), 'status');
  const holders = await lab.vipHolders();
  const [online, hard] = [score.of('online'), score.of('hard')];
  const numbers = {
    online: {switches: online.length, ...rowsOf(online), rows_duplicated: sumOf(online, 'duplicated')},
    hard: {failovers: hard.length, ...rowsOf(hard)},
    vip_holders: holders.length,
  };
  const broken = brokenPromises({
    score,
    seen: observer.seen,
    master,
    vipHolders: holders,
    lostInAll: report.lost,
    status,
  });
  tell(stage, {holders, broken});
  return {numbers, broken};
};

const rowsOf = (acts: readonly Played[]) => ({
  outage_ms: spreadOf(acts),
  rows_acknowledged: sumOf(acts, 'acknowledged'),
  rows_lost: sumOf(acts, 'lost'),
});

const tell = (
  {screen, score, observer, mailbox}: Stage,
  {holders, broken}: {readonly holders: readonly string[]; readonly broken: readonly string[]},
): void => {
  screen.headline('Summary: what the client saw');
  screen.print(['', ...outageTable({screen, score}), '']);
  const {looks, twoWritable, twoVips} = observer.seen;
  const {min, median, max} = spreadOf(score.of('online'));
  screen.say(`Planned switches: no write for ${duration(min)} to ${duration(max)}, median ${duration(median)}.`);
  screen.say('Failovers: MHA was started at once; masterha_manager would first ping the master about four times.');
  screen.say(`VIP: on ${holders.join(' and ') || 'no host'}.`);
  screen.say(
    `Observer: ${looks} looks; ${twoWritable} with two writable masters, ${twoVips} with the VIP on two hosts ` +
      '(a host without a cable reaches nobody and does not count).',
  );
  for (const {account} of mailbox.mails) screen.say(`Mail: ${account[0]}`);
  for (const promise of broken) screen.say(`BROKEN: ${promise}`, 'bad');
  if (broken.length === 0) screen.say('Every promise was kept.', 'good');
};

const outageTable = ({screen, score}: Pick<Stage, 'screen' | 'score'>): string[] =>
  renderTable(
    [
      {title: 'WHAT', shrinksTo: 20},
      {title: 'NO WRITE FOR', align: 'right'},
      {title: 'HOOKS TOOK', align: 'right'},
      {title: 'ROWS', align: 'right'},
      {title: 'LOST', align: 'right'},
      {title: 'TWICE', align: 'right'},
    ],
    score.played.map(({kind, title, outageMs, hooksMs, acknowledged, lost, duplicated}, index) => [
      {text: `${index + 1}. ${title}`},
      {text: duration(outageMs), style: 'strong'},
      {text: duration(hooksMs)},
      {text: String(acknowledged)},
      {text: String(lost), style: lost === 0 ? 'good' : kind === 'online' ? 'bad' : 'warning'},
      {text: String(duplicated), style: duplicated === 0 ? 'good' : 'bad'},
    ]),
    {terminal: screen.terminal, indent: '  '},
  );
