/** What EC2 knows, as far as a writer VIP can touch it. */
export interface Ec2World {
  readonly region: string;
  readonly interfaces: Eni[];
  readonly addresses: ElasticAddress[];
  readonly routeTables: RouteTable[];
}

export interface Eni {
  readonly id: string;
  readonly instanceId: string;
  readonly deviceIndex: number;
  readonly vpcId: string;
  readonly subnetId: string;
  /** Of the subnet, as prefix: "10.0.0." holds all its addresses. */
  readonly subnetPrefix: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly primaryIp: string;
  secondaryIps: string[];
  sourceDestCheck: boolean;
}

export interface ElasticAddress {
  readonly allocationId: string;
  readonly publicIp: string;
  association: {readonly id: string; readonly eni: string} | undefined;
}

export interface RouteTable {
  readonly id: string;
  routes: {readonly cidr: string; readonly eni: string}[];
}

/** Three hosts db1 … db3 and one stranger in a subnet of one VPC, one Elastic IP, two route tables. */
export const smallWorld = (): Ec2World => ({
  region: 'eu-central-1',
  interfaces: ['db1', 'db2', 'db3', 'stranger'].map((name, index) => ({
    id: `eni-0000000${index + 1}`,
    instanceId: instanceOf[name] ?? '',
    deviceIndex: 0,
    vpcId: 'vpc-00000001',
    subnetId: 'subnet-00000001',
    subnetPrefix: '10.77.0.',
    tags: {Name: name},
    primaryIp: `10.77.0.${index + 11}`,
    secondaryIps: [],
    sourceDestCheck: false,
  })),
  addresses: [{allocationId: 'eipalloc-00000001', publicIp: '198.51.100.7', association: undefined}],
  routeTables: ['rtb-00000001', 'rtb-00000002'].map(id => ({id, routes: []})),
});

export const instanceOf: Readonly<Record<string, string>> = {
  db1: 'i-00000001',
  db2: 'i-00000002',
  db3: 'i-00000003',
  stranger: 'i-00000004',
};
