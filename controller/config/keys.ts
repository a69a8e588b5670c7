import {cloudKeys} from './cloud-keys.ts';
import {
  type Parse,
  parseAddress,
  parseCidrs,
  parseHost,
  parseInterface,
  parseNames,
  parseNumber,
  parseOneOf,
  parsePath,
  parsePort,
  parseSeconds,
  parseVipType,
  parseYesNo,
} from './parse-value.ts';
import {reportKeys} from './report-keys.ts';

/**
 * Where a key may stand. `any`: in [default], overridden by a host section. `vip`: once per cluster, in [default];
 * the predecessor took it in host sections as well, so there it is accepted when it says the same.
 */
export type Place = 'any' | 'default' | 'vip' | 'host';

export interface Key<T = unknown> {
  readonly place: Place;
  readonly parse: Parse<T>;
  /** How a value is written: the end of "write …" in messages and a column of the README. */
  readonly write: string;
  /** Unit of a number. */
  readonly unit?: 's' | 'ms';
  /** The default as ini text; parsed like any other value. */
  readonly default?: string;
  /** What holds without a default text. */
  readonly otherwise?: string;
  /** An empty value is a value. */
  readonly maybeEmpty?: true;
  /** What was written may be a secret, or have one in it: no message repeats it. */
  readonly isSecret?: true;
  readonly doc: string;
}

const pki = '/etc/mha-helper/pki';

/** Every key of a cluster file. Validation, suggestions and the README's table come from here. */
export const keys = {
  vip_type: {
    place: 'vip',
    parse: parseVipType,
    write:
      'metal (the agents move the address), aws (EC2 moves it), openstack (Neutron moves it) or none (mha-helper moves no address)',
    otherwise: 'metal when writer_vip_cidr is given, else none',
    doc: 'Who moves the writer VIP.',
  },
  writer_vip_cidr: {
    place: 'vip',
    parse: parseCidrs,
    write: 'address with prefix length, like 192.168.10.155/24; several with commas',
    otherwise: 'required unless vip_type = none',
    doc: 'The writer VIP, one or several.',
  },
  detect_ms: {
    place: 'vip',
    parse: parseNumber({most: 60_000}),
    write: '0 to 60000; 0 does not look',
    unit: 'ms',
    default: '100',
    doc: 'How long an online switch listens for another machine with the VIP before it adds it.',
  },
  tombstone_seconds: {
    place: 'vip',
    parse: parseSeconds(),
    write: '0 to 86400; 0 does not',
    unit: 's',
    default: '120',
    doc: 'How long the old host, after it gave the VIP away, refuses connections to it (with nftables), so that clients try again at once instead of waiting for a time-out.',
  },
  vip_release: {
    place: 'vip',
    parse: parseOneOf('after_read_only', 'first'),
    write: 'after_read_only or first',
    default: 'after_read_only',
    doc: "When a switch, or the hard stop of a master whose mysqld still answers, takes the VIP: after read_only is set, or first (the predecessor's order).",
  },
  cluster_interface: {
    place: 'any',
    parse: parseInterface,
    write: 'the interface that carries the VIP, like eth1',
    otherwise: 'required where the host itself carries the VIP',
    doc: 'Interface that carries the VIP.',
  },
  super_read_only: {
    place: 'any',
    parse: parseYesNo,
    write: 'yes or no',
    default: 'no',
    doc: 'Set super_read_only as well where the server has it.',
  },
  kill_after_timeout: {
    place: 'any',
    parse: parseSeconds(),
    write: '0 to 86400; 0 kills at once',
    unit: 's',
    default: '5',
    doc: 'How long applications may finish on the old master before their threads are killed.',
  },
  exclude_users: {
    place: 'any',
    parse: parseNames,
    write: 'account names with commas',
    default: '',
    maybeEmpty: true,
    doc: 'Accounts whose threads are never killed.',
  },
  long_write_wait: {
    place: 'default',
    parse: parseSeconds(),
    write: '0 to 86400',
    unit: 's',
    default: '10',
    doc: 'A transaction that has been writing for longer refuses an online switch.',
  },
  requires_sudo: {
    place: 'any',
    parse: parseYesNo,
    write: 'yes or no',
    default: 'no',
    doc: "Put sudo -n in front of the agent's network commands. Not needed with the systemd unit of this package.",
  },
  requires_arping: {
    place: 'any',
    parse: parseYesNo,
    write: 'yes or no',
    default: 'yes',
    doc: 'Announce the VIP (gratuitous ARP, unsolicited neighbour advertisement) after it was added, for a minute, and when its link is back.',
  },
  ip: {
    place: 'host',
    parse: parseAddress,
    write: "the host's own address, like 10.0.0.10",
    otherwise: 'not compared',
    doc: 'Address by which MHA may call the host.',
  },
  agent_address: {
    place: 'host',
    parse: parseHost,
    write: 'a host name or an IP address',
    otherwise: "the section's host",
    doc: 'Where the agent listens.',
  },
  agent_port: {
    place: 'any',
    parse: parsePort,
    write: '1 to 65535',
    default: '7306',
    doc: 'Port of the agent.',
  },
  ...reportKeys,
  hook_timeout: {
    place: 'default',
    parse: parseSeconds(1),
    write: '1 to 86400, more than kill_after_timeout',
    unit: 's',
    otherwise: '60, or kill_after_timeout + 30 if that is more',
    doc: 'Bound of one hook, from its start.',
  },
  when_not_fenced: {
    place: 'default',
    parse: parseOneOf('proceed', 'abort'),
    write: 'proceed (exit 10, MHA goes on) or abort (exit 1)',
    default: 'proceed',
    doc: 'What a hard failover does when nobody can say that the old master is without the VIP.',
  },
  state_dir: {
    place: 'default',
    parse: parsePath,
    write: 'an absolute path',
    default: '/var/lib/mha-helper',
    doc: 'Failover records, locks, and reports that nobody has taken yet.',
  },
  metrics_textfile_dir: {
    place: 'default',
    parse: parsePath,
    write:
      "an absolute path, like /var/lib/prometheus/node-exporter; the directory of node exporter's textfile collector",
    otherwise: 'no metrics',
    doc: 'Where hooks leave mha_helper_CLUSTER.prom after a failover: when, result, duration, outage, fencing.',
  },
  ...cloudKeys,
  tls_ca: tlsFile('ca.crt', 'Certificate of the private CA.'),
  tls_cert: tlsFile('controller.crt', "The controller's certificate."),
  tls_key: tlsFile('controller.key', "The controller's private key, mode 0600."),
  tls_crl: tlsFile('crl.pem', 'Revocation list; without the file nothing is revoked.'),
} as const satisfies Record<string, Key>;

export type KeyName = keyof typeof keys;

/** Type of a key's value: what its parser returns when nothing is wrong. */
export type ValueOf<K extends KeyName> = (typeof keys)[K]['parse'] extends Parse<infer T> ? T : never;

/** Keys that always have a value, because the table has a default for them. */
export type KeyWithDefault = {
  [K in KeyName]: (typeof keys)[K] extends {readonly default: string} ? K : never;
}[KeyName];

export const isKeyName = (text: string): text is KeyName => Object.hasOwn(keys, text);

function tlsFile(name: string, doc: string) {
  return {
    place: 'default',
    parse: parsePath,
    write: 'an absolute path',
    default: `${pki}/${name}`,
    doc,
  } as const;
}
