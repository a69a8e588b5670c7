import type {Move} from '../move.ts';
import {nameOf} from '../move.ts';
import type {Step} from '../plan.ts';
import {instanceOf, vipsOf} from '../survey.ts';

/** How long the old master may take for its last word before the switch is made final. */
const verifyMs = 3000;

/** Asks once more, outside the operation: the old master is read-only and without the VIP. */
export const verifyDemoted = ({oldMaster, vip}: Move): Step => ({
  name: 'verify',
  hosts: [nameOf(oldMaster)],
  run: async run => {
    const {config, agent} = oldMaster;
    const request = {ports: [config.port], cidrs: [...vip.cidrs], brief: true};
    const status = await agent.getStatus(request, {deadlineMs: Math.min(verifyMs, run.leftMs)});
    const report = {config, status, error: undefined};
    const instance = instanceOf(report);
    if (instance?.readOnly !== true) throw new Error(`${nameOf(oldMaster)} is not read-only`);
    if (vip.isHeldBy(vipsOf(report, vip.cidrs))) throw new Error(`${nameOf(oldMaster)} still holds ${vip.name}`);
    // Excluded accounts are counted here: their sessions are the operator's own decision.
    const others = instance.applicationThreads;
    return {
      did: `read-only, no VIP${others === 0 ? ', no application threads' : `; threads that are excluded or new: ${others}`}`,
    };
  },
});
