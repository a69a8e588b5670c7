import type {EC2, Route} from '@aws-sdk/client-ec2';
import {CloudFailed, type CloudHolder} from '../cloud.ts';
import {isOnlyHolder} from '../cloud-vip.ts';
import type {AwsMeans, AwsMode} from './aws-vip.ts';
import {codeOf} from './explain-error.ts';
import {makeChange} from './make-change.ts';

/** An overlay address outside the VPC's own range: every listed route table sends it to the host's interface. */
export const routeTables = (means: AwsMeans, tables: readonly string[]): AwsMode => {
  const {api, interfaces} = means;
  const read = (signal: AbortSignal) => readRoutes(means, tables, signal);
  const findHolders = async (signal: AbortSignal) => holders(await read(signal), means, signal);
  return {
    findHolders,
    grant: async (host, {from, signal}) => {
      const {eni, hasSourceDestCheck} = await interfaces.of(host, signal);
      for (const place of await read(signal)) await putRoute(place, {means, host, eni, from, signal});
      const isDone = async () => isOnlyHolder(await findHolders(signal), host);
      await api.untilShown(`all route tables lead to ${host}`, signal, isDone);
      return hasSourceDestCheck
        ? [`${eni} of ${host} has its source/destination check on and drops packets for the VIP; ${switchOff(eni)}`]
        : [];
    },
    revoke: async (host, signal) => {
      const own = await interfaces.find(host, signal);
      if (own === undefined) return;
      for (const place of await read(signal)) {
        if (place.route?.NetworkInterfaceId !== own.eni) continue;
        const input = {RouteTableId: place.table, DestinationCidrBlock: place.cidr};
        const isGone = async () => (await readAgain(place, means, signal)).route?.NetworkInterfaceId !== own.eni;
        await makeChange({api, action: 'DeleteRoute', host, signal, isDone: isGone}, (ec2, options) =>
          ec2.deleteRoute(input, options),
        );
      }
      const isDone = async () => !(await findHolders(signal)).some(one => one.host === host);
      await api.untilShown(`no route table leads to ${host}`, signal, isDone);
    },
    permissionProbes: async signal => {
      const [any] = await interfaces.all(signal);
      const [first] = await read(signal);
      if (any === undefined || first === undefined) return [];
      const route = {RouteTableId: first.table, DestinationCidrBlock: first.cidr, DryRun: true};
      const towards = {...route, NetworkInterfaceId: any.eni};
      const probe = (action: string, send: (ec2: EC2, options: {abortSignal: AbortSignal}) => Promise<unknown>) => ({
        action,
        attempt: (inTime: AbortSignal) => api.once(send, inTime),
      });
      return [
        probe('CreateRoute', (ec2, options) => ec2.createRoute(towards, options)),
        probe('ReplaceRoute', (ec2, options) => ec2.replaceRoute(towards, options)),
        probe('DeleteRoute', (ec2, options) => ec2.deleteRoute(route, options)),
      ];
    },
  };
};

/** What the operator runs where an interface drops packets that are not for its own address. */
export const switchOff = (eni: string): string =>
  `run: aws ec2 modify-network-interface-attribute --network-interface-id ${eni} --no-source-dest-check`;

/** One address in one table, with its route if there is one. */
interface Place {
  readonly table: string;
  readonly cidr: string;
  readonly route: Route | undefined;
}

const readRoutes = async ({api, ips}: AwsMeans, tables: readonly string[], signal: AbortSignal): Promise<Place[]> => {
  const {RouteTables = []} = await api.call('DescribeRouteTables', {about: '', signal}, (ec2, options) =>
    ec2.describeRouteTables({RouteTableIds: [...tables]}, options),
  );
  const missing = tables.filter(id => !RouteTables.some(({RouteTableId}) => RouteTableId === id));
  if (missing.length > 0)
    throw new CloudFailed(`${api.label}: DescribeRouteTables: there is no ${missing.join(', ')}`, {
      hint: 'correct aws_route_tables',
      isWorthAnotherTry: false,
    });
  return RouteTables.flatMap(({RouteTableId: table = '', Routes = []}) =>
    ips.map(ip => {
      const cidr = `${ip}/32`;
      return {table, cidr, route: Routes.find(({DestinationCidrBlock}) => DestinationCidrBlock === cidr)};
    }),
  );
};

/** A route to an interface that is gone leads nowhere: nobody holds the VIP there. */
const isBlackhole = ({route}: Place): boolean => route?.State === 'blackhole';

const holders = async (
  places: readonly Place[],
  {interfaces}: AwsMeans,
  signal: AbortSignal,
): Promise<readonly CloudHolder[]> => {
  const known = await interfaces.all(signal);
  const byTarget = new Map<string, Place[]>();
  for (const place of places) {
    if (place.route === undefined || isBlackhole(place)) continue;
    const target = targetOf(place.route);
    byTarget.set(target, [...(byTarget.get(target) ?? []), place]);
  }
  return [...byTarget].map(([target, own]) => ({
    host: known.find(({eni}) => eni === target)?.host,
    place: own.length === places.length ? target : `${target} in ${own.map(({table}) => table).join(', ')}`,
    isWhole: own.length === places.length,
  }));
};

const targetOf = (route: Route): string =>
  route.NetworkInterfaceId ??
  route.InstanceId ??
  route.GatewayId ??
  route.NatGatewayId ??
  route.TransitGatewayId ??
  'another target';

interface Target {
  readonly means: AwsMeans;
  readonly host: string;
  readonly eni: string;
  readonly from: readonly string[];
  readonly signal: AbortSignal;
}

/** Makes one table lead to the interface, unless it leads to somebody from whom nothing may be taken. */
const putRoute = async (place: Place, target: Target): Promise<void> => {
  const {means, host, eni, signal} = target;
  const {api} = means;
  if (leadsTo(place, eni)) return;
  await refuseStranger(place, target);
  const input = {RouteTableId: place.table, DestinationCidrBlock: place.cidr, NetworkInterfaceId: eni};
  const isDone = async () => leadsTo(await readAgain(place, means, signal), eni);
  const change = {api, host, signal, isDone};
  try {
    if (place.route === undefined)
      await makeChange({...change, action: 'CreateRoute'}, (ec2, options) => ec2.createRoute(input, options));
    else await makeChange({...change, action: 'ReplaceRoute'}, (ec2, options) => ec2.replaceRoute(input, options));
  } catch (error) {
    if (!shownLate.has(codeOf((error as Error).cause))) throw error;
    const wasThere = place.route !== undefined;
    const isShown = async () => ((await readAgain(place, means, signal)).route !== undefined) !== wasThere;
    await api.untilShown(`${place.table} has changed meanwhile`, signal, isShown);
    await putRoute(await readAgain(place, means, signal), target);
  }
};

/** The table is not as it was shown: what is there now decides, once it is shown. */
const shownLate = new Set(['RouteAlreadyExists', 'InvalidRoute.NotFound']);

const leadsTo = (place: Place, eni: string): boolean => place.route?.NetworkInterfaceId === eni && !isBlackhole(place);

const readAgain = async (place: Place, means: AwsMeans, signal: AbortSignal): Promise<Place> => {
  const places = await readRoutes(means, [place.table], signal);
  return places.find(({cidr}) => cidr === place.cidr) ?? place;
};

const refuseStranger = async (place: Place, {means, from, host, signal}: Target): Promise<void> => {
  const {api} = means;
  const [holder] = await holders([place], means, signal);
  if (holder === undefined || [...from, host].includes(holder.host ?? '')) return;
  throw new CloudFailed(`${api.label}: ${place.table} sends ${place.cidr} to ${holder.host ?? holder.place}`, {
    hint: 'find out who uses it there, then take it away with mha-helper vip release',
    isWorthAnotherTry: false,
  });
};
