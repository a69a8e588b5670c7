import type {RunningAgent} from '../fixtures/running-agent.ts';

let epoch = 0;

/** One operation as a hook makes it: demote, then everything put back. Answers how long the demotion took. */
export const demoteAndUndo = async ({agent}: RunningAgent, port: number): Promise<number> => {
  epoch += 1;
  const operation = await agent.operate({
    ...{cluster: 'bench', operationId: `bench-${epoch}`, epoch, deadlineMs: 60_000, port, purpose: 'bench'},
    takesOver: '',
    expectedVips: [],
  });
  const startedMs = performance.now();
  const value = {
    superReadOnly: true,
    graceMs: 0,
    deadlineMs: 30_000,
    excludeUsers: [],
    pendingOnFailure: false,
    settlesLater: false,
    closes: [],
  };
  await operation.intent({$case: 'demote', value}, () => {});
  const tookMs = performance.now() - startedMs;
  await operation.undo();
  return tookMs;
};
