/** The blocks of this label in a PEM text, each complete with its lines; empty when there is none. */
export const pemBlocks = (text: Buffer, label: string): readonly string[] =>
  text.toString('latin1').match(new RegExp(`-----BEGIN ${label}-----[^-]+-----END ${label}-----`, 'g')) ?? [];
