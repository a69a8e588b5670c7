import {isIPv4, isIPv6, SocketAddress} from 'node:net';

/**
 * Who a certificate speaks for. Its only carrier is one URI in the subject alternative names:
 *
 *     mha-helper://controller
 *     mha-helper://operator/<name>
 *     mha-helper://agent/<host>
 *
 * The subject is for people and decides nothing. A certificate with several such URIs, or with a misspelt one,
 * speaks for nobody.
 */
export type Role = ControllerRole | OperatorRole | AgentRole;

export interface ControllerRole {
  readonly kind: 'controller';
}
export interface OperatorRole {
  readonly kind: 'operator';
  readonly name: string;
}
export interface AgentRole {
  readonly kind: 'agent';
  readonly host: string;
}

/** A certificate that speaks for nobody, and why. */
export interface Stranger {
  readonly kind: 'stranger';
  readonly why: string;
}

export type Identity = Role | Stranger;

const scheme = 'mha-helper:';

const everyone: readonly Role['kind'][] = ['controller', 'operator'];
const controllerOnly: readonly Role['kind'][] = ['controller'];

/** The one authorisation table: which role may call which rpc. What is not listed here, nobody may call. */
export const mayCall: Readonly<Record<string, readonly Role['kind'][]>> = {
  '/mha_helper.v1.Agent/Operate': controllerOnly,
  '/mha_helper.v1.Agent/Undo': controllerOnly,
  '/mha_helper.v1.Agent/GetStatus': everyone,
  '/mha_helper.v1.Agent/Probe': everyone,
  '/grpc.health.v1.Health/Check': everyone,
  '/grpc.health.v1.Health/Watch': everyone,
  '/grpc.health.v1.Health/List': everyone,
  '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo': everyone,
  '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo': everyone,
};

export const isAllowed = (identity: Identity, rpcPath: string): boolean =>
  identity.kind !== 'stranger' && Object.hasOwn(mayCall, rpcPath) && mayCall[rpcPath]?.includes(identity.kind) === true;

/** The URI that a certificate of this role carries. */
export const roleUri = (role: Role): string => `mha-helper://${describeIdentity(role)}`;

/** `controller`, `operator/alice`, `agent/db10`: for people and logs. */
export const describeIdentity = (identity: Identity): string => {
  switch (identity.kind) {
    case 'controller':
      return 'controller';
    case 'operator':
      return `operator/${identity.name}`;
    case 'agent':
      return `agent/${identity.host}`;
    case 'stranger':
      return 'nobody';
  }
};

/**
 * The role of a certificate, from Node's one-line form of its subject alternative names
 * (`PeerCertificate.subjectaltname`, `X509Certificate.subjectAltName`).
 */
export const identityOf = (subjectAltName: string | undefined): Identity => {
  const entries = splitAltNames(subjectAltName ?? '');
  if (entries === undefined) return stranger('its subject alternative names cannot be read');
  const uris = entries.filter(entry => entry.type === 'URI').map(entry => entry.value);
  const [uri, ...more] = uris.filter(value => value.toLowerCase().startsWith(scheme));
  if (uri === undefined) return stranger(`it carries no ${scheme}// role`);
  if (more.length > 0) return stranger('it carries more than one role');
  return parseRoleUri(uri) ?? stranger(`its role is not one of ours: ${JSON.stringify(uri)}`);
};

/**
 * A host as certificates spell it: host names in lower case, addresses in canonical form.
 * Undefined: neither a host name nor an address.
 */
export const canonicalHost = (host: string): string | undefined => {
  // Every IPv6 address has two colons. Nothing else is tried: compiling Node's expression costs a hook 5 ms of write outage.
  if (/:.*:/.test(host)) {
    if (host.includes('%') || !isIPv6(host)) return undefined;
    return new SocketAddress({address: host, family: 'ipv6'}).address;
  }
  if (isIPv4(host)) return host;
  const name = host.toLowerCase();
  return name.length <= 253 && name.split('.').every(isLabel) ? name : undefined;
};

/** Operator names are file names, too. */
export const isOperatorName = (name: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name);

/** Underscores are not DNS, but such hosts exist. */
const isLabel = (label: string): boolean => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label);

const stranger = (why: string): Stranger => ({kind: 'stranger', why});

const parseRoleUri = (uri: string): Role | undefined => {
  if (uri === 'mha-helper://controller') return {kind: 'controller'};
  const [, kind, name] = /^mha-helper:\/\/(operator|agent)\/([^/]+)$/.exec(uri) ?? [];
  if (kind === 'operator' && name !== undefined && isOperatorName(name)) return {kind, name};
  if (kind === 'agent' && name !== undefined && canonicalHost(name) === name) return {kind, host: name};
  return undefined;
};

interface AltName {
  readonly type: string;
  readonly value: string;
}

/**
 * Node joins the names with `, ` and writes a value that could be mistaken for several as a JSON string. A plain
 * split would let `DNS:"x, URI:mha-helper://controller"` pass for a controller (CVE-2021-44532).
 */
const splitAltNames = (text: string): readonly AltName[] | undefined => {
  const names: AltName[] = [];
  const entry = /([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^",]*)(?:, |$)/y;
  while (entry.lastIndex < text.length) {
    const [, type, value] = entry.exec(text) ?? [];
    if (type === undefined || value === undefined) return undefined;
    names.push({type, value: value.startsWith('"') ? unquote(value) : value});
  }
  return names;
};

/** A value that needed quotes is never one of our roles; unreadable quotes least of all. */
const unquote = (quoted: string): string => {
  try {
    return String(JSON.parse(quoted));
  } catch {
    return quoted;
  }
};
