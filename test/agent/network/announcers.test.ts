import assert from 'node:assert/strict';
import {after, test} from 'node:test';
import {createLog} from '../../../agent/log.ts';
import {createAnnouncers, repeatsAfterMs} from '../../../agent/network/announcers.ts';

/** The announcers' own timers keep no process alive; a test needs one that does. */
const alive = setInterval(() => {}, 1000);
after(() => clearInterval(alive));

const lines: string[] = [];
const log = createLog(line => void lines.push(line));

test('repeats begin with a burst, get sparser and end after a minute', () => {
  assert.deepEqual(repeatsAfterMs.slice(0, 4), [250, 500, 1000, 2000]);
  assert.equal(repeatsAfterMs.at(-1), 60_000);
});

test('a repeat that fails is logged and tried again; one that finds the address gone is the last', async () => {
  const announcers = createAnnouncers(log);
  const seen: string[] = [];
  await new Promise<void>(resolve => {
    announcers.start('4:a4d0032', async () => {
      seen.push('repeat');
      if (seen.length === 1) throw new Error('link down');
      resolve();
      return 'gone';
    });
  });
  await new Promise(resolve => setTimeout(resolve, 1200));
  assert.equal(seen.length, 2);
  assert.match(lines.join(''), /"level":"warn".*link down/);
  await announcers.close();
});

test('starting again replaces what runs for the address, and stopping ends it', async () => {
  const announcers = createAnnouncers(log);
  const seen: string[] = [];
  const repeatAs = (name: string) => async () => {
    seen.push(name);
    return 'announced' as const;
  };
  announcers.start('a', repeatAs('first'));
  announcers.start('a', repeatAs('second'));
  announcers.start('b', repeatAs('other'));
  announcers.stop('b');
  await new Promise(resolve => setTimeout(resolve, 1300));
  assert.deepEqual([...new Set(seen)], ['second']);
  await announcers.close();
});

test('closing waits for a repeat that is under way and tells it to end', async () => {
  const announcers = createAnnouncers(log);
  let ended = false;
  await new Promise<void>(resolve => {
    announcers.start('a', async signal => {
      resolve();
      await new Promise(aborted => signal.addEventListener('abort', aborted, {once: true}));
      ended = true;
      return 'announced';
    });
  });
  await announcers.close();
  assert.ok(ended);
});
