import {Registry} from 'prom-client';
import type {GetStatusResponse} from '../../proto/gen/mha_helper/v1/agent.ts';
import type {EndedCall} from '../server/time-calls.ts';
import {measureCalls} from './call-durations.ts';
import {makeGauges} from './gauges.ts';
import {listenForScrapes, type MetricsListener} from './listen.ts';
import {setGauges} from './set-gauges.ts';

/** Longer than any part of a status may take. */
const readMs = 4000;

export interface Metrics {
  /** Takes account of a call. */
  readonly callEnded: (call: EndedCall) => void;
  /** Serves scrapes. Nothing is read, and no timer runs, until one comes. */
  listen(
    at: {readonly address: string; readonly port: number},
    read: () => Promise<GetStatusResponse>,
  ): Promise<MetricsListener>;
}

/** What Prometheus is told. Loaded only where agent.ini asks for it. */
export const createMetrics = (host: string): Metrics => {
  const registry = new Registry();
  registry.setDefaultLabels({host});
  const gauges = makeGauges(registry);
  const callEnded = measureCalls(registry);
  let scraping: Promise<string> | undefined;

  const scrape = async (read: () => Promise<GetStatusResponse>): Promise<string> => {
    setGauges(gauges, await within(readMs, read()));
    return registry.metrics();
  };
  return {
    callEnded,
    listen: (at, read) =>
      listenForScrapes(at, async () => {
        // However many scrape, the host is looked at by one.
        scraping ??= scrape(read).finally(() => {
          scraping = undefined;
        });
        return {contentType: registry.contentType, text: await scraping};
      }),
  };
};

const within = async <T>(ms: number, work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the host could not be looked at within ${ms} ms`)), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
};
