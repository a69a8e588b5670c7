import type {Key} from './keys.ts';
import {parseNumber, parseOneOf, parsePattern, parsePatterns, parseTag, parseText, parseUrl} from './parse-value.ts';

/** The keys of vip_type = aws and openstack. */
export const cloudKeys = {
  aws_mode: {
    place: 'default',
    parse: parseOneOf('private_ip', 'elastic_ip', 'route'),
    write:
      'private_ip (a secondary address inside one subnet), elastic_ip or route (an overlay address in route tables)',
    otherwise: 'required for vip_type = aws',
    doc: 'How EC2 moves the VIP.',
  },
  aws_region: {
    place: 'default',
    parse: parsePattern(/^[a-z]{2}(-[a-z]+)+-\d$/, 'a region'),
    write: 'a region, like eu-central-1',
    otherwise: 'the region of the profile or the environment',
    doc: 'Where the instances are.',
  },
  aws_profile: {
    place: 'default',
    parse: parseText,
    write: 'a profile of the AWS configuration files on the manager',
    otherwise: 'environment, default profile or instance role',
    doc: 'Where the credentials come from. They never stand here.',
  },
  aws_endpoint: {
    place: 'default',
    parse: parseUrl,
    write: 'a URL, like https://vpce-0123.ec2.eu-central-1.vpce.amazonaws.com',
    otherwise: "the region's own",
    doc: "EC2's API through an interface endpoint.",
  },
  aws_route_tables: {
    place: 'default',
    parse: parsePatterns(/^rtb-[0-9a-f]+$/, 'a route table'),
    write: 'route tables with commas, like rtb-0123abcd, rtb-4567ef01',
    otherwise: 'required for aws_mode = route',
    doc: 'Every table from which clients reach the VIP.',
  },
  aws_instance_id: {
    place: 'host',
    parse: parsePattern(/^i-[0-9a-f]+$/, 'an instance id'),
    write: 'an instance id, like i-0123456789abcdef0',
    otherwise: 'this or aws_tag is required for vip_type = aws',
    doc: 'The host at EC2.',
  },
  aws_tag: {
    place: 'host',
    parse: parseTag,
    write: 'a tag that only this instance has, like Name=db10',
    otherwise: 'this or aws_instance_id is required for vip_type = aws',
    doc: 'The host at EC2, found by a tag: it stays right when the instance is replaced.',
  },
  aws_interface: {
    place: 'any',
    parse: parseNumber({most: 31}),
    write: '0 to 31',
    default: '0',
    doc: 'Device index of the network interface that gets the VIP.',
  },
  openstack_mode: {
    place: 'default',
    parse: parseOneOf('allowed_address_pair', 'fixed_ip', 'floating_ip'),
    write: 'allowed_address_pair, fixed_ip or floating_ip',
    otherwise: 'required for vip_type = openstack',
    doc: 'How Neutron moves the VIP.',
  },
  openstack_cloud: {
    place: 'default',
    parse: parseText,
    write: 'an entry of clouds.yaml on the manager',
    otherwise: 'OS_CLOUD, the OS_* variables or the only entry',
    doc: 'Which cloud, and where the credentials come from. They never stand here.',
  },
  openstack_network: {
    place: 'default',
    parse: parseText,
    write: 'the id or name of a network',
    otherwise: 'not compared',
    doc: 'Network of the VIP, for hosts that have ports in several.',
  },
  openstack_port: {
    place: 'host',
    parse: parseText,
    write: 'the id or name of the port that gets the VIP',
    otherwise: 'the port of openstack_server, else the one with the address ip',
    doc: "The host's port in Neutron.",
  },
  openstack_server: {
    place: 'host',
    parse: parseText,
    write: 'the id or name of the server',
    otherwise: 'found by ip',
    doc: 'The host in Nova, when it has one port in the network of the VIP.',
  },
} as const satisfies Record<string, Key>;
