/**
 * What an operation can change on a host, with the value before: everything an undo needs, in a form that
 * survives a crash as one line of the journal.
 */
export type Change = ReadOnlyChange | EventSchedulerChange | VipChange | TombstoneChange;

export interface ReadOnlyChange {
  readonly kind: 'read_only';
  readonly before: {readonly readOnly: boolean; readonly superReadOnly: boolean | undefined};
}

export interface EventSchedulerChange {
  readonly kind: 'event_scheduler';
  /** The value before. DISABLED can be neither set nor left, so it never becomes a change. */
  readonly before: 'ON' | 'OFF';
}

export interface VipChange {
  readonly kind: 'vip';
  /** Address with the prefix length it had (or will have). */
  readonly cidr: string;
  readonly interface: string;
  readonly before: 'present' | 'absent';
  /** Undo of a removal announces the address again; both as the operation was asked. */
  readonly announce: boolean;
  readonly sudo: boolean;
  /** Present before: the label it had, and (IPv6) that connections of this host might come from it. */
  readonly label?: string | undefined;
  readonly preferred?: boolean | undefined;
}

/** Connections to an address that leaves are refused here for a while. Before: they were not. */
export interface TombstoneChange {
  readonly kind: 'tombstone';
  readonly cidr: string;
  readonly interface: string;
  readonly port: number;
}
