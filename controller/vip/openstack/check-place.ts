import type {OpenStackConfig} from '../../config/cluster-config.ts';
import type {CloudFailed, CloudFinding} from '../cloud.ts';
import {OpenStackRefused} from './failure.ts';
import type {Mode, Place} from './mode.ts';
import {namePort, type Port} from './neutron.ts';

interface Checked {
  readonly config: OpenStackConfig;
  readonly place: Place;
}

/**
 * Verifies what a failover will need of Neutron, and changes nothing: permissions are tried with changes on the condition
 * of a revision that has never been. Neutron judges the right first, then the condition.
 */
export const checkPlace = async (mode: Mode, {config, place}: Checked): Promise<readonly CloudFinding[]> => {
  const aliases = await place.neutron.listExtensions();
  const hasConditions = aliases.includes('revision-if-match');
  const [ports, holders, ofMode] = await Promise.all([
    Promise.all(config.hosts.map(host => checkPort(host.name, place.portOf(host)))),
    checkHolders(mode, place),
    mode.check(place).catch((error: unknown) => [failed(error)]),
  ]);
  return [
    ...ports.flat(),
    ...holders,
    ...ofMode,
    ...(hasConditions ? await checkRights({config, place}) : [noConditions]),
  ];
};

const noConditions: CloudFinding = {
  result: 'note',
  text: 'this Neutron has no extension revision-if-match: two controllers could overwrite each other, and whether the account may change ports was not tried',
};

const checkPort = async (host: string, found: Promise<Port>): Promise<readonly CloudFinding[]> => {
  try {
    return [{result: 'ok', text: `${host} has ${namePort(await found)}`}];
  } catch (error) {
    return [failed(error)];
  }
};

/** Where it should be is for the failover's own checks; here, that the API can say it, and no stranger has it. */
const checkHolders = async (mode: Mode, place: Place): Promise<readonly CloudFinding[]> => {
  try {
    const holders = await mode.findHolders(place);
    const strangers = holders.filter(({host}) => host === undefined);
    if (strangers.length > 0)
      return strangers.map(one => ({
        result: 'FAIL',
        text: `${one.place} holds the VIP and is no host of this cluster`,
        hint: 'find out whose it is, and take it away there',
      }));
    const shown = holders.map(one => `${one.host} (${one.place}${one.isWhole ? '' : ', a part of it'})`);
    return [{result: 'ok', text: `Neutron gives the VIP to ${shown.join(', ') || 'nobody'}`}];
  } catch (error) {
    return [failed(error)];
  }
};

/** 412 is the good answer: allowed, and not done. */
const checkRights = ({config, place}: Checked): Promise<readonly CloudFinding[]> => {
  const tries = config.mode === 'floating_ip' ? tryFloatingIps(place) : tryPorts({config, place});
  return Promise.all(
    tries.map(async ({what, attempt}): Promise<CloudFinding> => {
      try {
        await attempt();
        return {result: 'note', text: `whether the account may change ${what} could not be told`};
      } catch (error) {
        if (error instanceof OpenStackRefused && error.status === 412)
          return {result: 'ok', text: `the account may change ${what}`};
        return failed(error);
      }
    }),
  );
};

interface Try {
  readonly what: string;
  readonly attempt: () => Promise<unknown>;
}

const neverWas = 2_000_000_000;

/**
 * Neutron looks at the condition only where something would change, so the addresses stay and a blank is asked for at the
 * end of the description: should a Neutron ever not keep to the condition, that is all that happens.
 */
const tryPorts = ({config, place}: Checked): readonly Try[] =>
  config.hosts.map(host => ({
    what: `the port of ${host.name}`,
    attempt: async () => {
      const {id, fixedIps, pairs, description} = await place.portOf(host);
      const change = config.mode === 'fixed_ip' ? {fixedIps} : {pairs};
      await place.neutron.updatePort({id, revision: neverWas}, {...change, description: `${description} `});
    },
  }));

const tryFloatingIps = (place: Place): readonly Try[] =>
  place.vips.map(vip => ({
    what: `the floating IP ${vip}`,
    attempt: async () => {
      const [one] = await place.neutron.listFloatingIps(vip);
      if (one === undefined) throw new Error(`the floating IP ${vip} is not there to be tried`);
      await place.neutron.updateFloatingIp({id: one.id, revision: neverWas}, {portId: one.portId, fixedIp: undefined});
    },
  }));

const failed = (error: unknown): CloudFinding => {
  const {message, hint} = error as CloudFailed;
  return {result: 'FAIL', text: message, hint};
};
