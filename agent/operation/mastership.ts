import type {OperationRecord} from './record.ts';

/** The last operation that made the instance the master, or took that from it. One that was undone has done neither. */
export const lastDecision = (records: readonly OperationRecord[], port: number): OperationRecord | undefined =>
  records.findLast(record => record.port === port && record.makesMaster !== undefined && record.state !== 'undone');

/** It made it the master, and wholly so. */
export const isMaster = (records: readonly OperationRecord[], port: number): boolean => {
  const last = lastDecision(records, port);
  return last?.state === 'committed' && last.makesMaster === true;
};
