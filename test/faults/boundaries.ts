import {Agent} from '../../controller/agents/agent.ts';
import {loadClusters} from '../../controller/config/load-clusters.ts';
import {hardStart, hardStop} from '../../controller/failover/hard.ts';
import type {Move, Party} from '../../controller/failover/move.ts';
import {onlineStart, onlineStop} from '../../controller/failover/online.ts';
import type {Plan} from '../../controller/failover/plan.ts';
import {selectVip} from '../../controller/vip/select.ts';
import type {DbHost} from '../lab/topology.ts';
import type {Phase} from './mha-stand-in.ts';

/** A place between two steps of a plan. */
export interface Boundary {
  readonly phase: Phase;
  /** As proto/fault-points.ts names it. */
  readonly point: string;
  /** The step that comes next, when the point stands in front of one. */
  readonly next: {readonly name: string; readonly hosts: readonly DbHost[]} | undefined;
}

/** All boundaries of all plans, taken from the plans themselves: a new step is tested by itself. */
export const boundaries = (configDirectory: string): readonly Boundary[] =>
  plans(configDirectory).flatMap(boundariesOf);

const plans = (configDirectory: string): readonly Plan[] => {
  const cluster = loadClusters(configDirectory).clusters.find(({name}) => name === 'lab');
  if (cluster === undefined) throw new Error(`no cluster lab in ${configDirectory}`);
  const party = (name: string): Party => {
    const config = cluster.hosts.find(host => host.name === name);
    if (config === undefined) throw new Error(`no host ${name}`);
    // Nobody is called: only the names of the steps are read.
    return {config, agent: new Agent({host: name, client: undefined as never})};
  };
  const survey = {hosts: []};
  const move: Move = {cluster, oldMaster: party('db1'), newMaster: party('db2'), vip: selectVip(cluster.vip), survey};
  const known = {startEventScheduler: true, recorded: undefined};
  return [
    onlineStop(move, {answering: Promise.resolve(undefined), startGuard: () => Promise.reject(new Error('not run'))}),
    onlineStart(move, known),
    hardStop(move, {mysqldAnswers: true}),
    hardStart(move, known),
  ];
};

/** Before each step, and behind the last: what lies behind one step lies before the next. */
const boundariesOf = ({name, steps}: Plan): readonly Boundary[] => {
  const phase = name as Phase;
  const last = steps.at(-1)?.name;
  return [
    ...steps.map(step => ({
      phase,
      point: `${name}/before ${step.name}`,
      next: {name: step.name, hosts: step.hosts as readonly DbHost[]},
    })),
    {phase, point: `${name}/after ${last}`, next: undefined},
  ];
};
