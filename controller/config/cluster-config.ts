/** One cluster, complete and typed: one file of /etc/mha-helper compiled once. Durations end in Ms. */
export interface ClusterConfig {
  /** File name without `.conf`. */
  readonly name: string;
  readonly file: string;
  readonly hosts: readonly HostConfig[];
  readonly vip: VipConfig;
  /** What [default] says. Reports about one host's failure use that host's own. */
  readonly report: ReportConfig;
  readonly tls: {
    readonly ca: string;
    readonly certificate: string;
    readonly key: string;
    /** Revocation list (PEM). Absent file: nothing is revoked. */
    readonly crl: string | undefined;
  };
  /** Bound of one hook, from its start. Ini: hook_timeout, seconds, default 60, or kill_after_timeout + 30 if that is more. */
  readonly hookTimeoutMs: number;
  /** What a hard failover does when nobody can say that the old master is without the VIP. Ini: when_not_fenced, default proceed. */
  readonly whenNotFenced: 'proceed' | 'abort';
  /** Order in online stop. Ini: vip_release, `after_read_only` (default) or `first` (the predecessor's order). */
  readonly vipRelease: 'after_read_only' | 'first';
  /** A writing transaction older than this refuses an online switch. Ini: long_write_wait, seconds, default 10. */
  readonly longWriteWaitMs: number;
  /** Directory of the failover records and locks. Ini: state_dir, default /var/lib/mha-helper. */
  readonly stateDir: string;
  /** Directory of node exporter's textfile collector. Ini: metrics_textfile_dir; undefined: none. */
  readonly metricsTextfileDir: string | undefined;
}

/** One instance of the cluster: `[db10]` or `[db10:3307]`, with the defaults filled in. */
export interface HostConfig {
  /** Host part of the section as certificates spell it: lower case. The agent's certificate must carry this name. */
  readonly name: string;
  /** Port of the instance: from the section, else 3306. */
  readonly port: number;
  /** True when the section itself names the port. */
  readonly portIsExplicit: boolean;
  /** Where the agent listens. Ini: agent_address (default: the section's host), agent_port (default 7306). */
  readonly agent: {readonly address: string; readonly addressIsExplicit: boolean; readonly port: number};
  /** IP address of the host as MHA may call it. Ini: ip, optional. */
  readonly ip: string | undefined;
  /** Ini: cluster_interface. Always there with vip_type = metal. */
  readonly clusterInterface: string | undefined;
  /** Ini: super_read_only, yes or no, default no as in the predecessor. */
  readonly superReadOnly: boolean;
  /** How long applications may finish on the old master before their threads are killed. Ini: kill_after_timeout, seconds, default 5. 0 kills at once. */
  readonly killAfterMs: number;
  /** Ini: requires_sudo, default no. */
  readonly requiresSudo: boolean;
  /** Ini: requires_arping, default yes. */
  readonly requiresArping: boolean;
  /** Accounts never killed. Ini: exclude_users, comma separated. */
  readonly excludeUsers: readonly string[];
  /** Who hears of this host's failure, and through which server. */
  readonly report: ReportConfig;
}

/** vip_type as a discriminated union: only what a type needs exists on it. Addresses are in their one spelling. */
export type VipConfig =
  | {readonly type: 'none'}
  | {
      readonly type: 'metal';
      readonly cidrs: readonly string[];
      /** How long an online switch listens for another machine with the VIP. Ini: detect_ms, default 100. 0 does not look. */
      readonly detectMs: number;
      /** How long the old host refuses connections to a VIP that has left it. Ini: tombstone_seconds, default 120. 0: not at all. */
      readonly tombstoneMs: number;
    }
  | AwsConfig
  | OpenStackConfig;

/** vip_type = aws: EC2 decides who gets the VIP's packets. */
export type AwsConfig = AwsCommon &
  (
    | {readonly mode: 'private_ip' | 'elastic_ip'}
    /** Ini: aws_route_tables. */
    | {readonly mode: 'route'; readonly routeTables: readonly string[]}
  );

interface AwsCommon {
  readonly type: 'aws';
  readonly cidrs: readonly string[];
  readonly access: AwsAccess;
  readonly hosts: readonly AwsHost[];
}

/** How EC2 is reached. What is undefined comes from where every AWS program takes it: environment, files, instance role. */
export interface AwsAccess {
  /** Ini: aws_region. */
  readonly region: string | undefined;
  /** Ini: aws_profile. */
  readonly profile: string | undefined;
  /** Ini: aws_endpoint. */
  readonly endpoint: string | undefined;
  /** Environment: AWS_CA_BUNDLE, a PEM file with authorities that are trusted beside the usual ones. */
  readonly caBundle: string | undefined;
}

/** A host of the cluster as EC2 knows it. */
export interface AwsHost {
  /** As in `HostConfig.name`. */
  readonly name: string;
  /** Ini: aws_instance_id or aws_tag. */
  readonly instance: {readonly id: string} | {readonly tag: {readonly key: string; readonly value: string}};
  /** Ini: aws_interface, default 0. */
  readonly deviceIndex: number;
}

/** vip_type = openstack: Neutron decides who gets the VIP's packets. */
export interface OpenStackConfig {
  readonly type: 'openstack';
  readonly cidrs: readonly string[];
  /** Ini: openstack_mode. */
  readonly mode: 'allowed_address_pair' | 'fixed_ip' | 'floating_ip';
  /** Entry of clouds.yaml. Ini: openstack_cloud; undefined: what OpenStack's own client would take. */
  readonly cloud: string | undefined;
  /** Id or name, for hosts with ports in several networks. Ini: openstack_network. */
  readonly network: string | undefined;
  readonly hosts: readonly OpenStackHost[];
  readonly environment: CloudEnvironment;
}

/** A host of the cluster as Neutron can find its port. */
export interface OpenStackHost {
  /** As in `HostConfig.name`. */
  readonly name: string;
  /** Id or name of the port that carries the VIP. Ini: openstack_port. */
  readonly port: string | undefined;
  /** Id or name of the server. Ini: openstack_server. */
  readonly server: string | undefined;
  /** The host's own address in the cloud's network. Ini: ip, or a section that is an address. */
  readonly ip: string | undefined;
}

/** OS_*, HOME and XDG_CONFIG_HOME as the process found them. */
export type CloudEnvironment = Readonly<Record<string, string | undefined>>;

export interface ReportConfig {
  /** Ini: report_email, comma separated; empty: no mail. A host section's value wins for reports about that host's failure. */
  readonly recipients: readonly string[];
  /** Ini: smtp_host, host[:port], default localhost:25. */
  readonly smtp: {
    readonly host: string;
    readonly port: number;
    /** Ini: smtp_user and smtp_password_file, both or none. */
    readonly account: {readonly user: string; readonly passwordFile: string} | undefined;
  };
  /** Ini: report_webhook; undefined: nobody is called. */
  readonly webhook: WebhookConfig | undefined;
  /** Program and arguments. Ini: report_command; undefined: nothing is run. */
  readonly command: readonly [string, ...string[]] | undefined;
}

export interface WebhookConfig {
  readonly target: WebhookTarget;
  /** Ini: report_webhook_format, default json. */
  readonly format: 'json' | 'slack' | 'pagerduty';
  /** Always there with pagerduty, never with slack. Ini: report_webhook_key_file. */
  readonly keyFile: string | undefined;
  /** Ini: report_webhook_ca; undefined: the well-known authorities. */
  readonly caFile: string | undefined;
}

/** A URL, or the file that holds it because it is a secret. */
export type WebhookTarget = {readonly url: string} | {readonly file: string};
