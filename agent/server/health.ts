import type {HealthImplementation} from 'grpc-health-check';
import {type LazyServices, lazyServices} from './lazy-services.ts';

type Status = 'SERVING' | 'NOT_SERVING';

const service = '/grpc.health.v1.Health';
const methods = [
  {path: `${service}/Check`, requestStream: false, responseStream: false},
  {path: `${service}/Watch`, requestStream: false, responseStream: true},
  {path: `${service}/List`, requestStream: false, responseStream: false},
];

export interface Health extends LazyServices {
  /** Says of the server as a whole how it is, also to those who watch. */
  setStatus(status: Status): void;
}

/** The standard health service. What it was told before anybody asked is what it answers. */
export const healthService = (): Health => {
  let whole: Status = 'SERVING';
  let running: HealthImplementation | undefined;
  const lazy = lazyServices(methods, async target => {
    const {HealthImplementation} = await import('./inspection-libraries.ts');
    running = new HealthImplementation({'': whole, 'mha_helper.v1.Agent': 'SERVING'});
    running.addToServer(target as Parameters<HealthImplementation['addToServer']>[0]);
  });
  return {
    ...lazy,
    setStatus: status => {
      whole = status;
      running?.setStatus('', status);
    },
  };
};
