import type {Vip, VipStatus} from '../../../proto/gen/mha_helper/v1/agent.ts';
import {AgentRefused} from '../../agents/errors.ts';
import type {Party} from '../../failover/move.ts';
import {reportOf, type Survey, vipsOf} from '../../failover/survey.ts';
import type {VipCloud} from '../../vip/cloud.ts';
import {selectVip} from '../../vip/select.ts';
import {within} from '../../vip/within.ts';
import type {SurveyedCluster} from '../survey-clusters.ts';
import {type Finding, fail, failure, note, ok} from './finding.ts';

/** How long an agent listens on the link. */
const listenMs = 300;

/**
 * Could every host carry the VIP? Each agent is asked to listen for it, which it does only for addresses and
 * interfaces of its own list; what it hears shows a stranger with our address as well. Nothing is changed.
 * @param neverMasters instances that MHA never promotes: they need not be able to.
 */
export const checkVip = async (
  {cluster, parties, survey}: SurveyedCluster,
  neverMasters: ReadonlySet<string>,
): Promise<readonly Finding[]> => {
  const vip = selectVip(cluster.vip);
  const ofCloud = vip.cloud === undefined ? [] : await askCloud(vip.cloud);
  if (vip.cloud === undefined && vip.cidrs.length === 0)
    return [note('vip_type is none: clients must find the master by themselves')];
  const answering = parties.all().filter(({config}) => reportOf(survey, config).status !== undefined);
  const findings = await Promise.all(
    withoutRepeats(answering).map(async party => {
      const isNeverMaster = neverMasters.has(`${party.config.name}:${party.config.port}`);
      const each = await Promise.all(
        vip.addressesOn(party.config).map(one => askOne(party, one, {survey, isOnLink: vip.isOnLink})),
      );
      const lost = checkLosses(party, vipsOf(reportOf(survey, party.config), vip.cidrs));
      return [...each.flatMap(found => (isNeverMaster ? found.map(soften) : found)), ...lost];
    }),
  );
  return [...ofCloud, ...findings.flat()];
};

/** Instances of one host have one network. */
const withoutRepeats = (parties: readonly Party[]): readonly Party[] => [
  ...new Map(parties.map(party => [party.config.name, party])).values(),
];

/** Everything the API is asked, credentials and the loading of its library included. */
const cloudMs = 20_000;

const askCloud = async (cloud: VipCloud): Promise<readonly Finding[]> => {
  try {
    const findings = await within(cloudMs, cloud.name, signal => cloud.check(signal));
    return findings.map(finding => ({...finding, text: `VIP: ${finding.text}`}));
  } catch (error) {
    return [failure(error as Error, 'VIP: ')];
  }
};

const askOne = async (
  {config, agent}: Party,
  vip: Vip,
  {survey, isOnLink}: {readonly survey: Survey; readonly isOnLink: boolean},
): Promise<readonly Finding[]> => {
  const place = `${vip.cidr} on ${vip.interface} of ${config.name}`;
  try {
    const request = {target: {$case: 'vip', value: {vip}}, deadlineMs: listenMs} as const;
    const {macs} = await agent.probe(request, {deadlineMs: listenMs + 2000});
    const strangers = (isOnLink ? macs : []).filter(mac => !ownMacs(survey, vip.cidr).has(mac.toLowerCase()));
    return strangers.length === 0
      ? [ok(`VIP ${place}: its agent allows it`)]
      : [fail(`VIP ${place}: another machine answers for it (${strangers.join(', ')})`, 'find it and take it away')];
  } catch (error) {
    if (error instanceof AgentRefused) return [failure(error, 'VIP: ')];
    return [fail(`VIP ${place}: its agent could not listen for it: ${(error as Error).message}`)];
  }
};

/** The interfaces of our hosts that hold the address. */
const ownMacs = ({hosts}: Survey, cidr: string): ReadonlySet<string> =>
  new Set(
    hosts.flatMap(report =>
      vipsOf(report, [cidr])
        .filter(({present}) => present)
        .map(({mac}) => mac.toLowerCase()),
    ),
  );

const soften = ({result, text, hint}: Finding): Finding =>
  result === 'FAIL' ? note(`${text} (MHA never makes it master: no_master = 1)`, hint) : {result, text, hint};

const checkLosses = ({config}: Party, vips: readonly VipStatus[]): readonly Finding[] => {
  const losing = vips.filter(({wouldLose}) => wouldLose.length > 0);
  return [...new Map(losing.map(vip => [vip.cidr, vip])).values()].map(vip =>
    fail(
      `removing ${vip.cidr} from ${config.name} would remove ${vip.wouldLose.join(', ')} too`,
      `set net.ipv4.conf.${vip.interface}.promote_secondaries=1 there, or give the VIP the prefix length 32`,
    ),
  );
};
