import {Histogram, type Registry} from 'prom-client';
import type {EndedCall} from '../server/time-calls.ts';
import {prefix} from './gauges.ts';

const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const services =
  /^\/(?:mha_helper\.v1\.Agent|grpc\.health\.v1\.Health|grpc\.reflection\.\w+\.ServerReflection)\/(\w{1,40})$/;

/** How long calls took, by method and result. */
export const measureCalls = (registry: Registry): ((call: EndedCall) => void) => {
  const histogram = new Histogram({
    name: `${prefix}rpc_duration_seconds`,
    help: 'How long calls took, with the number of their gRPC status. Operate lasts as long as its operation.',
    labelNames: ['rpc', 'code'],
    buckets,
    registers: [registry],
  });
  return ({path, code, durationMs}) => {
    // What strangers ask for must not become a series each, and the agent's call to itself is none.
    const [, rpc] = services.exec(path) ?? [];
    if (rpc === undefined) return;
    histogram.observe({rpc, code: String(code)}, durationMs / 1000);
  };
};
