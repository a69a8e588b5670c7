import {type Move, nameOf, type Party} from '../move.ts';
import type {StartKnowledge} from '../online.ts';
import type {Step} from '../plan.ts';
import {startProblems} from '../preflight-start.ts';
import {type Findings, stopFindings} from '../preflight-stop.ts';

/** Refuses an online switch before the first change, with all problems in one list. */
export const preflightStop = (move: Move): Step =>
  preflight([move.oldMaster, move.newMaster], () => stopFindings(move));

/** Refuses to make a second writable master. */
export const preflightStart = (move: Move, known: StartKnowledge): Step =>
  preflight([move.newMaster], () => startProblems(move, known));

const preflight = (parties: readonly Party[], judge: () => Findings): Step => ({
  name: 'preflight',
  hosts: parties.map(nameOf),
  isPreflight: true,
  run: async () => {
    const {problems, notes} = judge();
    if (problems.length > 0) throw new PreflightRefused(problems, notes);
    return {did: 'nothing speaks against it', notes};
  },
});

/** Nothing was changed; these are the reasons. */
export class PreflightRefused extends Error {
  override readonly name = 'PreflightRefused';
  readonly problems: readonly string[];

  constructor(problems: readonly string[], notes: readonly string[]) {
    super(problems.join('; '));
    this.problems = [...problems, ...notes];
  }
}
