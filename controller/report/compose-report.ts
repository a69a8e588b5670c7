import type {FencingKnowledge} from '../record/entry.ts';
import {oneLine} from './notice.ts';

/** What we ourselves know of a failover: MHA's report knows neither the VIP nor what became of the old master. */
export interface FailoverAccount {
  /** `host:port`. */
  readonly oldMaster: string;
  readonly fencing: FencingKnowledge;
  readonly vips: readonly VipAccount[];
  /** What went wrong or is missing, one sentence each. */
  readonly notes: readonly string[];
}

export interface VipAccount {
  readonly cidr: string;
  /** Hosts seen with the address. Undefined: nobody could tell. */
  readonly holders: readonly string[] | undefined;
}

export interface Message {
  readonly subject: string;
  readonly text: string;
}

/** MHA's subject and body, and in front of the body our own account. Without an account it says so instead of nothing. */
export const composeReport = (report: Composed): Message => ({
  subject: oneLine(report.subject),
  text: composeText(report),
});

interface Composed {
  readonly subject: string;
  readonly body: string;
  readonly account: FailoverAccount | undefined;
  readonly atMs?: number;
  /** It comes late: what it says of the VIP and the old master may be over. */
  readonly isDelayed?: boolean;
}

export const composeText = ({account, body, ...when}: Omit<Composed, 'subject'>): string =>
  [...describeDelay(when), ...describeAccount(account), '', 'Report of MHA:', '', body, ''].join('\n');

const describeDelay = ({atMs, isDelayed}: Pick<Composed, 'atMs' | 'isDelayed'>): readonly string[] =>
  isDelayed === true && atMs !== undefined
    ? [`DELAYED: this was so at ${new Date(atMs).toISOString()}; nobody could be told then.`, '']
    : [];

const describeAccount = (account: FailoverAccount | undefined): readonly string[] => {
  if (account === undefined)
    return [
      'mha-helper has no record of this failover: it cannot say who holds the VIP, nor whether the old master is out of the way.',
    ];
  const {oldMaster, fencing, vips, notes} = account;
  return [
    `Old master ${oldMaster}: ${fencing.fencing}. ${sentence(fencing.because)}`,
    ...(fencing.fencing === 'unknown' ? [warning] : []),
    ...vips.map(describeVip),
    ...notes.map(note => `Note: ${note}`),
  ];
};

/** A reason as it stands in the record may begin small and end without a full stop. */
const sentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;

const warning =
  'ATTENTION: it may still have the VIP and take writes. Before you connect it again, make sure that mysqld there is stopped or read-only and that the VIP is gone.';

const describeVip = ({cidr, holders}: VipAccount): string => {
  if (holders === undefined) return `Writer VIP ${cidr}: unknown; no agent could tell.`;
  if (holders.length === 0) return `Writer VIP ${cidr}: on no host.`;
  return `Writer VIP ${cidr}: on ${holders.join(' and on ')}${holders.length > 1 ? ' AT THE SAME TIME' : ''}.`;
};
