import assert from 'node:assert/strict';
import {TestPki} from '../../fixtures/pki.ts';
import {getStatus, TestServer} from '../../fixtures/pki-server.ts';

/** The agent of db10 with its authority, for all tests of a file. */
export const servedAgent = () => {
  let pki: TestPki;
  let server: TestServer;

  const start = async () => {
    pki = await TestPki.create('db10', 'db11');
    server = await TestServer.start('db10', pki.agent('db10'));
    return {pki, server};
  };

  const stop = async (): Promise<void> => {
    await server[Symbol.asyncDispose]();
    await pki[Symbol.asyncDispose]();
  };

  /** The agent answers its controller as if nothing had been. */
  const stillServes = async (): Promise<void> => {
    const agent = await server.connect('db10', pki.controller);
    try {
      assert.equal(await getStatus(agent), server.credentials.certificateNotAfterMs());
    } finally {
      agent.close();
    }
  };

  return {start, stop, stillServes};
};
