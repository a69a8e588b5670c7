import {type Move, nameOf, type Party} from '../move.ts';
import type {StartKnowledge} from '../online.ts';
import type {Step} from '../plan.ts';
import {startProblems} from '../preflight-start.ts';
import {type Findings, stopFindings} from '../preflight-stop.ts';
import type {FailoverRun} from '../run.ts';
import type {AnsweringMacs} from '../survey.ts';

interface LastAnswers {
  readonly answering: Promise<AnsweringMacs | undefined>;
  /** Begins while they are waited for, unless something speaks against the switch already. */
  readonly meanwhile: (run: FailoverRun) => void;
}

/** Refuses an online switch before the first change, with all problems in one list. */
export const preflightStop = (move: Move, {answering, meanwhile}: LastAnswers): Step =>
  preflight([move.oldMaster, move.newMaster], async run => {
    if (stopFindings(move).problems.length === 0) meanwhile(run);
    return stopFindings({...move, survey: {...move.survey, answeringMacs: await answering}});
  });

/** Refuses to make a second writable master. */
export const preflightStart = (move: Move, known: StartKnowledge): Step =>
  preflight([move.newMaster], async () => startProblems(move, known));

const preflight = (parties: readonly Party[], judge: (run: FailoverRun) => Promise<Findings>): Step => ({
  name: 'preflight',
  hosts: parties.map(nameOf),
  isPreflight: true,
  run: async run => {
    const {problems, notes} = await judge(run);
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
