import type {ClusterConfig} from '../config/cluster-config.ts';
import {loadClusters} from '../config/load-clusters.ts';
import {keyOf} from '../failover/cluster-facts.ts';
import {nameOf, type Party} from '../failover/move.ts';
import {Parties} from '../failover/parties.ts';
import {alone} from '../failover/phase.ts';
import {type Placement, vipAcquire, vipRelease} from '../failover/placement.ts';
import {beginFailover, runRecorded} from '../failover/recorded-run.ts';
import {highestEpoch, instanceOf, type Survey, vipsOf} from '../failover/survey.ts';
import {askWhoAnswers} from '../failover/who-answers.ts';
import {readNewest} from '../record/record-file.ts';
import type {VipProvider} from '../vip/provider.ts';
import {selectVip} from '../vip/select.ts';
import {chooseCluster} from './choose-clusters.ts';
import {CommandMisused} from './command-misused.ts';
import type {CommandEnvironment} from './environment.ts';
import {findInstance} from './move/find-instance.ts';
import {askAll} from './survey-clusters.ts';

export interface MoveVip {
  readonly verb: 'acquire' | 'release';
  readonly cluster: string;
  readonly host: string | undefined;
}

/** How long to listen for another machine with the VIP: nobody waits for writes here. */
const detectMs = 1000;
const boundMs = 20_000;

/** First placement of the VIP by an operator, or its removal; with the same care as in a failover. */
export const moveVip = async (wanted: MoveVip, environment: CommandEnvironment): Promise<number> => {
  const {verb} = wanted;
  const cluster = chooseCluster(
    loadClusters(environment.configDirectory, environment.cloudEnvironment),
    wanted.cluster,
  );
  if (cluster.vip.type === 'none')
    throw new CommandMisused(
      `cluster ${cluster.name} has vip_type = none: there is no VIP to ${verb}`,
      `set vip_type and writer_vip_cidr in ${cluster.file}`,
    );
  const vip = selectVip(cluster.vip.type === 'metal' ? {...cluster.vip, detectMs} : cluster.vip);
  const parties = await Parties.load(cluster);
  const named = wanted.host === undefined ? undefined : findInstance(parties, wanted.host, cluster);
  return alone({cluster, tell: environment.tell}, `vip ${verb}`, async () => {
    const survey = await askAll(cluster, parties);
    const host = named ?? guessHost(verb, {parties, survey, vip, cluster});
    if (host === undefined) {
      environment.tell(`mha-helper: no host of cluster ${cluster.name} holds ${vip.name}: nothing to release`);
      return 0;
    }
    const placement = {cluster, host, parties: parties.all(), vip, survey};
    return verb === 'acquire'
      ? place(vipAcquire, await withAnswers(placement), environment)
      : place(vipRelease, placement, environment);
  });
};

const place = async (
  plan: typeof vipAcquire,
  placement: Placement,
  {tell}: Pick<CommandEnvironment, 'tell'>,
): Promise<number> => {
  const {cluster, host, survey} = placement;
  const newest = await readNewest(cluster.stateDir, cluster.name);
  const epoch = Math.max(newest.epoch, highestEpoch(survey, cluster.name)) + 1;
  const head = {kind: 'placement', oldMaster: keyOf(host), newMaster: undefined, epoch} as const;
  const record = await beginFailover({cluster}, head);
  const deadline = performance.now() + boundMs;
  const {result} = await runRecorded(plan(placement), record, {cluster, survey, deadline, tell});
  return result === 'done' ? 0 : 1;
};

/** The link is asked from the host itself. */
const withAnswers = async (placement: Placement): Promise<Placement> => {
  const answeringMacs = await askWhoAnswers(placement.host, placement.vip);
  return {...placement, survey: {...placement.survey, answeringMacs}};
};

interface Guess {
  readonly parties: Parties;
  readonly survey: Survey;
  readonly vip: VipProvider;
  readonly cluster: ClusterConfig;
}

/** The one writable host for acquire; the one holder for release, undefined when nobody holds it. */
const guessHost = (verb: MoveVip['verb'], {parties, survey, vip, cluster}: Guess): Party | undefined => {
  const fits = survey.hosts.filter(report =>
    verb === 'acquire'
      ? instanceOf(report)?.reachable === true && instanceOf(report)?.readOnly === false
      : vip.isHeldBy(vipsOf(report, vip.cidrs)) || isHolder(survey, report.config.name),
  );
  const [found, ...more] = fits;
  if (found !== undefined && more.length === 0) return parties.of(found.config);
  const silent = survey.hosts.flatMap(({error}) => (error === undefined ? [] : [error.message]));
  const cloudSilent = survey.cloud?.error === undefined ? [] : [survey.cloud.error.message];
  if (found === undefined && verb === 'release' && silent.length + cloudSilent.length === 0) return undefined;
  const what = verb === 'acquire' ? 'is writable' : `holds ${vip.name}`;
  const who =
    found === undefined ? `no host that answers ${what}` : `more than one host ${what}: ${fits.map(nameOf).join(', ')}`;
  throw new NoHost([`${who}`, ...silent, ...cloudSilent].join('\n'), `mha-helper vip ${verb} ${cluster.name} HOST`);
};

const isHolder = ({cloud}: Survey, name: string): boolean => cloud?.holders?.some(({host}) => host === name) === true;

/** The host cannot be guessed; nothing was changed. */
class NoHost extends Error {
  override readonly name = 'NoHost';
  readonly hint: string;

  constructor(message: string, command: string) {
    super(message);
    this.hint = `look at mha-helper status, then name the host: ${command}`;
  }
}
