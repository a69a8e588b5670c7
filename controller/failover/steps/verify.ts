import type {GetStatusResponse} from '../../../proto/gen/mha_helper/v1/agent.ts';
import {keyOf} from '../cluster-facts.ts';
import type {Move} from '../move.ts';
import {nameOf} from '../move.ts';
import type {Step} from '../plan.ts';
import type {FailoverRun} from '../run.ts';
import {instanceOf, vipsOf} from '../survey.ts';

/** How long the old master may take for its last word before the switch is made final. */
const verifyMs = 3000;
/** A last word that old says nothing of now: the step it was asked beside has taken its time. */
const freshMs = 1000;

/** What the old master says of itself outside the operation. */
export interface LastWord {
  /** Only when the address is off and read-only is set, beside what changes neither: nobody can write meanwhile. */
  ask(run: FailoverRun): void;
  /** The answer; asks now where there is none, or an old one. */
  hear(run: FailoverRun): Promise<GetStatusResponse>;
}

export const lastWordOf = ({oldMaster: {config, agent}, vip}: Move): LastWord => {
  const getStatus = (run: FailoverRun): Promise<GetStatusResponse> => {
    const request = {ports: [config.port], cidrs: [...vip.cidrs], brief: true};
    return agent.getStatus(request, {deadlineMs: Math.min(verifyMs, run.leftMs)});
  };
  let asked: {readonly atMs: number; readonly answer: Promise<GetStatusResponse | undefined>} | undefined;
  return {
    ask: run => {
      asked = {atMs: performance.now(), answer: getStatus(run).catch(() => undefined)};
    },
    hear: async run => {
      const early = await asked?.answer;
      const isFresh = asked !== undefined && performance.now() - asked.atMs < freshMs;
      return early !== undefined && isFresh ? early : getStatus(run);
    },
  };
};

/** Judges what the old master says once more, outside the operation: it is read-only and without the VIP. */
export const verifyDemoted = ({oldMaster, vip}: Move, lastWord: LastWord): Step => ({
  name: 'verify',
  hosts: [nameOf(oldMaster)],
  run: async run => {
    const {config} = oldMaster;
    const report = {config, status: await lastWord.hear(run), error: undefined};
    const instance = instanceOf(report);
    if (instance?.readOnly !== true) throw new Error(`${nameOf(oldMaster)} is not read-only`);
    if (vip.isHeldBy(vipsOf(report, vip.cidrs))) throw new Error(`${nameOf(oldMaster)} still holds ${vip.name}`);
    // As the step before has left them. Excluded accounts are counted: their sessions are the operator's own decision.
    const others = run.states.of(keyOf(oldMaster))?.applicationThreads ?? instance.applicationThreads;
    return {
      did: `read-only, no VIP${others === 0 ? ', no application threads' : `; threads that are excluded or new: ${others}`}`,
    };
  },
});
