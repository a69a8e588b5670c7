/** How to reach one OpenStack cloud: an entry of clouds.yaml, or what OS_* variables say, compiled once. */
export interface Cloud {
  /** For people: "clouds.yaml cloud prod", "the OS_* environment". Never a secret. */
  readonly source: string;
  /** Keystone, with /v3. */
  readonly authUrl: string;
  readonly credentials: Credentials;
  /** Region of the service catalogue; undefined: the only one there is. */
  readonly region: string | undefined;
  readonly interface: 'public' | 'internal' | 'admin';
  /** Neutron's own URL where the catalogue's must not be used. Key network_endpoint_override. */
  readonly networkUrl: string | undefined;
  /** PEM of the authority that the API's certificates come from; undefined: the system's. */
  readonly ca: string | undefined;
  /** `verify: false` in clouds.yaml: certificates are not looked at. */
  readonly verifiesTls: boolean;
}

export type Credentials =
  | {
      readonly kind: 'password';
      readonly user: Named & {readonly domain: Named};
      readonly password: string;
      readonly project: Named & {readonly domain: Named};
    }
  | {
      readonly kind: 'application_credential';
      /** By id, or by name together with its user. */
      readonly credential: Named;
      readonly user: (Named & {readonly domain: Named}) | undefined;
      readonly secret: string;
    };

/** Keystone takes an id or a name. */
export type Named = {readonly id: string} | {readonly name: string};

/** What must not appear in any message. */
export const secretOf = ({credentials}: Cloud): string =>
  credentials.kind === 'password' ? credentials.password : credentials.secret;
