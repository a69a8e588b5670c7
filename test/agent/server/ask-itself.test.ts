import assert from 'node:assert/strict';
import {test} from 'node:test';
import {askItself} from '../../../agent/server/ask-itself.ts';
import {TestPki} from '../../fixtures/pki.ts';
import {TestServer} from '../../fixtures/pki-server.ts';

test('a server answers itself, again and again', async () => {
  const pki = await TestPki.create('db10');
  const server = await TestServer.start('db10', pki.agent('db10'));
  for (let call = 0; call < 20; call += 1) await server.answers(2_000);
  await server[Symbol.asyncDispose]();
  await pki[Symbol.asyncDispose]();
});

test('a server that takes the call and says nothing is told from one that answers', async () => {
  await assert.rejects(
    askItself(() => {}, 100),
    /did not answer within 100 ms/,
  );
});

test('a connection that is closed is no answer, and is told at once', async () => {
  await assert.rejects(
    askItself(connection => connection.end(), 5_000),
    error => !/within 5000 ms/.test(String(error)),
  );
});
