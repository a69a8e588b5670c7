import {Refused} from '../refusal.ts';
import type {Instance} from './instance.ts';
import {text} from './row.ts';

/** ON, OFF or DISABLED. */
export const readEventScheduler = async (instance: Instance, signal: AbortSignal): Promise<string> => {
  const [row = {}] = await instance.killer.query('SELECT @@GLOBAL.event_scheduler AS value', signal);
  return text(row, 'value');
};

/** Starts or stops the event scheduler and reads it back. Events that run already go on: their threads are killed like others. */
export const setEventScheduler = async (
  instance: Instance,
  value: 'ON' | 'OFF',
  signal: AbortSignal,
): Promise<void> => {
  await instance.changer.query(`SET GLOBAL event_scheduler = ${value}`, signal);
  const now = await readEventScheduler(instance, signal);
  if (now === value) return;
  throw new Refused('NOT_VERIFIED', `event_scheduler was set ${value} on ${instance.name} but the server shows ${now}`);
};
