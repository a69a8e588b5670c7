import type {DbHost} from '../topology.ts';
import type {Kind, Score} from './score.ts';
import type {Stage} from './stage.ts';

/** Plays one change of the master while the client writes, and tells what the client saw of it. The change answers what hooks took of it. */
export const playAct = async (
  stage: Stage,
  act: {readonly kind: Kind; readonly title: string; readonly newMaster: DbHost},
  change: () => Promise<number>,
): Promise<void> => {
  const {writer, score, screen} = stage;
  const {outage, result: hooksMs} = await writer.around(act.title, change);
  if (outage.open) throw new Error(`the client still cannot write, ${outage.outageMs} ms after: ${act.title}`);
  const played = score.add({...act, outageMs: outage.outageMs, hooksMs}, await writer.audit(act.newMaster));
  screen.say(
    `client: no write for ${duration(played.outageMs)}; MHA waited ${duration(hooksMs)} for our hooks. ` +
      `Since the last act: ${played.acknowledged} rows acknowledged, ${played.lost} lost, ${played.duplicated} duplicated.`,
    played.lost + played.duplicated === 0 ? 'good' : act.kind === 'online' ? 'bad' : 'warning',
  );
};

export const numberOf = ({played}: Score): number => played.length + 1;

export const duration = (ms: number): string => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);
