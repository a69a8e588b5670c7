import type {X509Certificate} from 'node:crypto';
import type {RevocationLists} from '../../proto/revocation-list.ts';

interface Trust {
  readonly authorities: readonly X509Certificate[];
  readonly revoked: RevocationLists;
}

const msPerDay = 86_400_000;
/** Time enough to bring a new ca.crt to all hosts. */
const authorityDays = 30;
/** Companies renew their lists every week or so: more notice would be a warning that never ends. */
const listDays = 2;

/**
 * The ends of what vouches for the agent's certificate; its own end is told elsewhere. A list that is out of date is
 * refused by TLS like one that names everybody.
 */
export const warnOfEnds = ({authorities, revoked: {nextUpdateMs}}: Trust, nowMs: number): readonly string[] => [
  ...authorities
    .map(({validTo}) => (Date.parse(validTo) - nowMs) / msPerDay)
    .filter(days => days < authorityDays)
    .map(
      days =>
        `the certificate authority in ca.crt ${sayEnd(days)}; renew it (mha-helper pki renew ca) and copy it here`,
    ),
  ...(nextUpdateMs === undefined || nextUpdateMs - nowMs >= listDays * msPerDay
    ? []
    : [
        `the revocation list ${sayEnd((nextUpdateMs - nowMs) / msPerDay)}; nobody can connect once it is out of date: copy a newer one here`,
      ]),
];

const sayEnd = (days: number): string => {
  const whole = Math.floor(days);
  return whole < 0 ? 'has expired' : `ends in ${whole} ${whole === 1 ? 'day' : 'days'}`;
};
