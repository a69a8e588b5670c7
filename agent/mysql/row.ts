/** One row as the server sent it. */
export type Row = Readonly<Record<string, unknown>>;

/** The first of these columns that the row has: servers spell the same thing differently. NULL is ''. */
export const text = (row: Row, ...columns: readonly string[]): string => {
  const value = columns.map(column => row[column]).find(each => each !== undefined);
  return value === undefined || value === null ? '' : String(value);
};

/** As `text`; NULL and what is no number is 0. */
export const number = (row: Row, ...columns: readonly string[]): number => Number(text(row, ...columns)) || 0;

/** Variables answer 1 and 0, or ON and OFF. */
export const isOn = (row: Row, column: string): boolean => ['1', 'ON', 'YES'].includes(text(row, column).toUpperCase());
