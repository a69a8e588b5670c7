/** The agent's own configuration, complete and typed: `/etc/mha-helper/agent.ini` compiled once. */
export interface AgentConfig {
  /** Name of this host, as the cluster configuration's section and the certificate call it. Default: the system's host name. */
  readonly host: string;
  readonly listen: {readonly address: string; readonly port: number};
  /** Where Prometheus may ask, over plain HTTP. Ini: metrics_listen; undefined: nowhere. */
  readonly metricsListen: {readonly address: string; readonly port: number} | undefined;
  readonly tls: TlsFiles;
  /** Directory of the journal. Ini: state_dir, default /var/lib/mha-helper-agent. */
  readonly stateDir: string;
  /**
   * How a host comes up that is not known to be the master: without VIPs and read-only, or as its own configuration and
   * network scripts say. Ini: boot_policy, read_only or leave, default read_only.
   */
  readonly bootPolicy: BootPolicy;
  readonly instances: readonly InstanceConfig[];
  readonly vips: readonly AllowedVip[];
}

export type BootPolicy = 'read_only' | 'leave';

export interface TlsFiles {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
  /** Revocation list (PEM). Absent file: nothing is revoked. */
  readonly crl: string | undefined;
}

/** One mysqld on this host. The port names it; how the agent reaches it is its own matter. */
export interface InstanceConfig {
  readonly port: number;
  readonly connect:
    | {readonly kind: 'socket'; readonly path: string}
    | {readonly kind: 'tcp'; readonly host: string; readonly port: number};
  /** Account name. With a unix socket and no option file: socket authentication. */
  readonly user: string | undefined;
  /** MySQL option file whose [client] section gives user, password and TLS files; re-read at every connect. */
  readonly optionFile: string | undefined;
  /** Accounts whose threads are never killed (backup, monitoring). */
  readonly excludeUsers: readonly string[];
}

/** An address this host may carry, and where. Nothing else is ever added or removed, whoever asks. */
export interface AllowedVip {
  readonly cidr: string;
  readonly interface: string;
}

/** Default TCP port of the agent. */
export const defaultAgentPort = 7306;
