import type {StateChange} from '../../record/entry.ts';
import {sayHost} from '../history/duration.ts';

/** What became different on a host, as one line; none when nothing did, or when nobody saw it before. */
export const sayChange = ({host, before = {}, after = {}}: StateChange): string[] => {
  const differences = [
    differ('read_only', onOff(before.readOnly), onOff(after.readOnly)),
    differ('super_read_only', onOff(before.superReadOnly), onOff(after.superReadOnly)),
    differ('event_scheduler', before.eventScheduler, after.eventScheduler),
    differ('application threads', before.applicationThreads, after.applicationThreads),
    differ('VIP', sayVips(before.vips), sayVips(after.vips)),
  ].filter(text => text !== undefined);
  return differences.length === 0 ? [] : [`${sayHost(host)}: ${differences.join(', ')}`];
};

const differ = (
  what: string,
  before: string | number | undefined,
  after: string | number | undefined,
): string | undefined =>
  before === undefined || after === undefined || before === after ? undefined : `${what} ${before} -> ${after}`;

const onOff = (value: boolean | undefined): string | undefined =>
  value === undefined ? undefined : value ? 'on' : 'off';

const sayVips = (vips: readonly string[] | undefined): string | undefined =>
  vips?.length === 0 ? 'absent' : vips?.join(' and ');
