import {isIPv4} from 'node:net';
import {CloudFailed} from '../cloud.ts';
import {neverQuiet, unlessOutrun} from './change-port.ts';
import {findKnownPorts, hostOfPort, sumHolders} from './find-host.ts';
import type {Mode, Place} from './mode.ts';
import type {FloatingIp, Port} from './neutron.ts';

/** The VIP is a floating IP, which a router translates to the master's own address; no host carries it. */
export const floatingIp: Mode = {
  findHolders: async place => {
    const [known, all] = await Promise.all([findKnownPorts(place), readAll(place)]);
    const found = all.flatMap(({portId}) =>
      portId === undefined ? [] : [{host: hostOfPort(known, portId)?.name, place: `port ${portId}`}],
    );
    return sumHolders(found, place.vips.length);
  },
  give: async (host, place) => {
    const port = await place.portOf(host);
    const fixed = port.fixedIps.find(({address}) => address === host.ip && isIPv4(address))?.address;
    for (const vip of place.vips) await pointTo(vip, place, {to: port, fixedIp: fixed});
  },
  take: async (host, place) => {
    const {id} = await place.portOf(host);
    for (const vip of place.vips) await pointAway(vip, place, id);
  },
  check: async () => [],
};

const readAll = (place: Place): Promise<readonly FloatingIp[]> =>
  Promise.all(place.vips.map(vip => readOne(vip, place)));

const readOne = async (vip: string, {neutron}: Place): Promise<FloatingIp> => {
  const [one] = await neutron.listFloatingIps(vip);
  if (one !== undefined) return one;
  throw new CloudFailed(`openstack: the project has no floating IP ${vip}`, {
    hint: 'openstack floating ip list shows those it has; openstack floating ip create --floating-ip-address … makes one',
    isWorthAnotherTry: false,
  });
};

const mostRounds = 8;

/** Whoever had it and may lose it has lost it by now (`take`): who has it here was faster than we, and keeps it. */
const pointTo = async (
  vip: string,
  place: Place,
  {to, fixedIp}: {readonly to: Port; readonly fixedIp: string | undefined},
): Promise<void> => {
  for (let round = 0; round < mostRounds; round += 1) {
    const one = await readOne(vip, place);
    if (one.portId === to.id) return;
    if (one.portId !== undefined) throw takenMeanwhile(vip, one.portId);
    await unlessOutrun(place.neutron.updateFloatingIp(one, {portId: to.id, fixedIp}));
  }
  throw neverQuiet(`floating IP ${vip}`);
};

/** Only from this port: by now it may be somebody else's, and stays there. */
const pointAway = async (vip: string, place: Place, from: string): Promise<void> => {
  for (let round = 0; round < mostRounds; round += 1) {
    const one = await readOne(vip, place);
    if (one.portId !== from) return;
    await unlessOutrun(place.neutron.updateFloatingIp(one, {portId: undefined, fixedIp: undefined}));
  }
  throw neverQuiet(`floating IP ${vip}`);
};

const takenMeanwhile = (vip: string, portId: string): CloudFailed =>
  new CloudFailed(`openstack: somebody else has just given the floating IP ${vip} to port ${portId}`, {
    hint: 'find out who: another controller, or a person; then run it again',
    isWorthAnotherTry: false,
  });
