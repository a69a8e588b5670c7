/** What an API sent, looked at without trust: a missing or wrong part reads as an empty one. */
export type Json = {readonly [key: string]: unknown};

export const record = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};

export const records = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.map(record) : []);

export const text = (value: unknown): string => (typeof value === 'string' ? value : '');
