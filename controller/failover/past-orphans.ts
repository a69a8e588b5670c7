import {setTimeout} from 'node:timers/promises';
import type {StartQuestion} from './phase.ts';
import type {Survey} from './survey.ts';

/** How long agents may take to undo what a controller has left that is dead (10 s, then they tell), and how often they are asked. */
const orphansMs = 13_000;
const lookMs = 50;

/**
 * What agents say for a start, or for a stop that undoes nothing. An operation that is open while we hold the cluster's lock is one that its controller has
 * left; its agent undoes it, and until then would refuse ours. So they are asked again until there is none.
 */
export const pastOrphans = async (
  {cluster, deadline}: Pick<StartQuestion, 'cluster' | 'deadline'>,
  ask: () => Promise<Survey>,
): Promise<Survey> => {
  const until = Math.min(deadline, performance.now() + orphansMs);
  for (;;) {
    const survey = await ask();
    const hasOrphans = survey.hosts.some(({status}) =>
      status?.operations.some(one => one.cluster === cluster.name && one.state === 'OPEN'),
    );
    if (!hasOrphans || performance.now() > until) return survey;
    await setTimeout(lookMs);
  }
};
