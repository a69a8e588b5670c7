import {type ClientCredentials, trustedListEnd} from '../../agents/credentials.ts';
import {sayEnd} from './judge-host.ts';

export interface TrustEnd {
  readonly message: string;
  readonly hint: string;
}

/** Companies renew their lists every week or so: more notice would be a warning that never ends. */
const listNoticeMs = 2 * 86_400_000;

/** What our certificate rests on and will not last: its authorities, and the revocation list, without which TLS trusts nobody. */
export const trustEnds = (credentials: ClientCredentials, nowMs: number): readonly TrustEnd[] => {
  const {files} = credentials;
  const authorities = (credentials.authorities() ?? []).flatMap(({validTo}): TrustEnd[] => {
    const end = sayEnd(Date.parse(validTo), nowMs);
    const hint = 'renew it: mha-helper pki renew ca; then copy ca.crt to every host';
    return end === undefined ? [] : [{message: `the certificate authority in ${files.ca} ${end}`, hint}];
  });
  const listEndMs = trustedListEnd(credentials);
  if (listEndMs === undefined || listEndMs - nowMs >= listNoticeMs) return authorities;
  const end = sayEnd(listEndMs, nowMs);
  const hint = 'get a newer one from your authority: once it is out of date, no agent is trusted';
  return [...authorities, {message: `the revocation list ${files.crl} ${end}`, hint}];
};
