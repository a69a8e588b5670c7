import type {Ec2World, ElasticAddress, Eni, RouteTable} from './world.ts';

/** An error as EC2 answers it. */
export class Ec2Error extends Error {
  readonly code: string;
  readonly httpStatus: number;

  constructor(code: string, message: string, httpStatus = 400) {
    super(message);
    this.code = code;
    this.httpStatus = httpStatus;
  }
}

/** The parameters of a request: `PrivateIpAddress.1` and so on. */
export interface Parameters {
  one(name: string): string | undefined;
  list(name: string): readonly string[];
  filters(): ReadonlyMap<string, readonly string[]>;
}

/** Lists become `<item>` elements; undefined leaves the element out. */
export type Tree = {readonly [key: string]: Tree | readonly Tree[] | string | boolean | number | undefined};

interface Action {
  readonly isRead: boolean;
  /** The API knows the parameter DryRun for it: the address actions do not. */
  readonly hasDryRun: boolean;
  run(world: Ec2World, parameters: Parameters): Tree;
}

const read = (run: Action['run']): Action => ({isRead: true, hasDryRun: true, run});
const change = (run: Action['run'], hasDryRun = true): Action => ({isRead: false, hasDryRun, run});

/** The actions, behaving as EC2 documents them. */
export const actions: Readonly<Record<string, Action>> = {
  DescribeNetworkInterfaces: read(({interfaces, addresses}, parameters) => ({
    networkInterfaceSet: interfaces
      .filter(eni => matches(eni, parameters.filters()))
      .map(eni => eniTree(eni, addresses)),
  })),

  DescribeInstances: read(({interfaces}, parameters) => ({
    reservationSet: interfaces
      .filter(eni => matches(eni, parameters.filters()))
      .map(({instanceId}) => ({reservationId: `r-${instanceId}`, instancesSet: [{instanceId}]})),
  })),

  AssignPrivateIpAddresses: change(({interfaces}, parameters) => {
    const eni = findEni(interfaces, parameters.one('NetworkInterfaceId'));
    const wanted = parameters.list('PrivateIpAddress');
    const mayReassign = parameters.one('AllowReassignment') === 'true';
    for (const ip of wanted) {
      if (!ip.startsWith(eni.subnetPrefix))
        throw new Ec2Error('InvalidParameterValue', `Address ${ip} does not fall within the subnet's address range`);
      const holder = interfaces.find(one => one.id !== eni.id && one.vpcId === eni.vpcId && carries(one, ip));
      if (holder?.primaryIp === ip)
        throw new Ec2Error('InvalidParameterValue', `Address ${ip} is the primary address of another interface`);
      if (holder !== undefined && !mayReassign)
        throw new Ec2Error('InvalidParameterValue', `[${ip}] is already assigned to another interface`);
    }
    for (const one of interfaces) one.secondaryIps = one.secondaryIps.filter(ip => !wanted.includes(ip));
    eni.secondaryIps.push(...wanted.filter(ip => ip !== eni.primaryIp));
    return {return: true};
  }, false),

  UnassignPrivateIpAddresses: change(({interfaces}, parameters) => {
    const eni = findEni(interfaces, parameters.one('NetworkInterfaceId'));
    const unwanted = parameters.list('PrivateIpAddress');
    if (unwanted.some(ip => !eni.secondaryIps.includes(ip)))
      throw new Ec2Error('InvalidParameterValue', 'Some of the specified addresses are not assigned to this interface');
    eni.secondaryIps = eni.secondaryIps.filter(ip => !unwanted.includes(ip));
    return {return: true};
  }, false),

  DescribeAddresses: read(({addresses, interfaces}, parameters) => {
    const wanted = parameters.list('PublicIp');
    const unknown = wanted.find(ip => !addresses.some(({publicIp}) => publicIp === ip));
    if (unknown !== undefined) throw new Ec2Error('InvalidAddress.NotFound', `Address '${unknown}' not found.`);
    return {
      addressesSet: addresses
        .filter(({publicIp}) => wanted.includes(publicIp))
        .map(address => addressTree(address, interfaces)),
    };
  }),

  AssociateAddress: change(({addresses, interfaces}, parameters) => {
    const address = addresses.find(({allocationId}) => allocationId === parameters.one('AllocationId'));
    if (address === undefined) throw new Ec2Error('InvalidAllocationID.NotFound', 'The allocation ID does not exist');
    const eni = findEni(interfaces, parameters.one('NetworkInterfaceId'));
    const other = addresses.find(one => one !== address && one.association?.eni === eni.id);
    const isTaken = address.association !== undefined && address.association.eni !== eni.id;
    if ((isTaken || other !== undefined) && parameters.one('AllowReassociation') !== 'true')
      throw new Ec2Error(
        'Resource.AlreadyAssociated',
        `resource ${address.allocationId} is already associated with associate-id ${address.association?.id ?? other?.association?.id}`,
      );
    if (other !== undefined) other.association = undefined;
    address.association = {id: `eipassoc-${Math.random().toString(16).slice(2, 10)}`, eni: eni.id};
    return {return: true, associationId: address.association.id};
  }),

  DisassociateAddress: change(({addresses}, parameters) => {
    const id = parameters.one('AssociationId');
    const address = addresses.find(({association}) => association?.id === id);
    if (address === undefined)
      throw new Ec2Error('InvalidAssociationID.NotFound', `The association ID '${id}' does not exist`);
    address.association = undefined;
    return {return: true};
  }),

  DescribeRouteTables: read(({routeTables, interfaces}, parameters) => ({
    routeTableSet: parameters.list('RouteTableId').map(id => routeTableTree(findTable(routeTables, id), interfaces)),
  })),

  CreateRoute: change((world, parameters) => {
    const {table, cidr, eni, existing} = route(world, parameters);
    if (existing !== undefined)
      throw new Ec2Error('RouteAlreadyExists', `The route identified by ${cidr} already exists.`);
    table.routes.push({cidr, eni: findEni(world.interfaces, eni).id});
    return {return: true};
  }),

  ReplaceRoute: change((world, parameters) => {
    const {table, cidr, eni, existing} = route(world, parameters);
    if (existing === undefined)
      throw new Ec2Error('InvalidRoute.NotFound', `There is no route defined for '${cidr}' in the route table.`);
    table.routes = [...table.routes.filter(one => one !== existing), {cidr, eni: findEni(world.interfaces, eni).id}];
    return {return: true};
  }),

  DeleteRoute: change((world, parameters) => {
    const {table, cidr, existing} = route(world, parameters);
    if (existing === undefined)
      throw new Ec2Error('InvalidRoute.NotFound', `no route with destination-cidr-block ${cidr}`);
    table.routes = table.routes.filter(one => one !== existing);
    return {return: true};
  }),
};

const route = ({routeTables}: Ec2World, parameters: Parameters) => {
  const table = findTable(routeTables, parameters.one('RouteTableId'));
  const cidr = parameters.one('DestinationCidrBlock') ?? '';
  return {
    table,
    cidr,
    eni: parameters.one('NetworkInterfaceId'),
    existing: table.routes.find(one => one.cidr === cidr),
  };
};

const carries = (eni: Eni, ip: string): boolean => eni.primaryIp === ip || eni.secondaryIps.includes(ip);

const matches = (eni: Eni, filters: ReadonlyMap<string, readonly string[]>): boolean =>
  [...filters].every(([name, values]) => {
    if (name.startsWith('tag:')) return values.includes(eni.tags[name.slice(4)] ?? '');
    switch (name) {
      case 'attachment.instance-id':
        return values.includes(eni.instanceId);
      case 'addresses.private-ip-address':
        return values.some(ip => carries(eni, ip));
      case 'vpc-id':
        return values.includes(eni.vpcId);
      case 'instance-state-name':
        return values.includes('running');
      default:
        throw new Ec2Error('InvalidParameterValue', `The filter '${name}' is invalid`);
    }
  });

const findEni = (interfaces: readonly Eni[], id: string | undefined): Eni => {
  const eni = interfaces.find(one => one.id === id);
  if (eni === undefined)
    throw new Ec2Error('InvalidNetworkInterfaceID.NotFound', `The networkInterface ID '${id}' does not exist`);
  return eni;
};

const findTable = (tables: readonly RouteTable[], id: string | undefined): RouteTable => {
  const table = tables.find(one => one.id === id);
  if (table === undefined)
    throw new Ec2Error('InvalidRouteTableID.NotFound', `The routeTable ID '${id}' does not exist`);
  return table;
};

const eniTree = (eni: Eni, addresses: readonly ElasticAddress[]): Tree => {
  const elastic = addresses.find(({association}) => association?.eni === eni.id);
  return {
    networkInterfaceId: eni.id,
    subnetId: eni.subnetId,
    vpcId: eni.vpcId,
    privateIpAddress: eni.primaryIp,
    sourceDestCheck: eni.sourceDestCheck,
    attachment: {instanceId: eni.instanceId, deviceIndex: eni.deviceIndex, status: 'attached'},
    association: elastic && {
      publicIp: elastic.publicIp,
      ipOwnerId: '123456789012',
      associationId: elastic.association?.id,
    },
    privateIpAddressesSet: [
      {privateIpAddress: eni.primaryIp, primary: true},
      ...eni.secondaryIps.map(ip => ({privateIpAddress: ip, primary: false})),
    ],
  };
};

const addressTree = ({allocationId, publicIp, association}: ElasticAddress, interfaces: readonly Eni[]): Tree => {
  const eni = interfaces.find(({id}) => id === association?.eni);
  return {
    publicIp,
    allocationId,
    domain: 'vpc',
    associationId: association?.id,
    networkInterfaceId: association?.eni,
    instanceId: eni?.instanceId,
    privateIpAddress: eni?.primaryIp,
  };
};

/** A route to an interface that is gone stays, as a black hole. */
const routeTableTree = ({id, routes}: RouteTable, interfaces: readonly Eni[]): Tree => ({
  routeTableId: id,
  routeSet: [
    {destinationCidrBlock: '10.77.0.0/16', gatewayId: 'local', state: 'active', origin: 'CreateRouteTable'},
    ...routes.map(({cidr, eni}) => ({
      destinationCidrBlock: cidr,
      networkInterfaceId: eni,
      state: interfaces.some(one => one.id === eni) ? 'active' : 'blackhole',
      origin: 'CreateRoute',
    })),
  ],
});
