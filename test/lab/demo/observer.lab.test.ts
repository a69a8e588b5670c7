import assert from 'node:assert/strict';
import {test} from 'node:test';
import {createLab} from '../lab.ts';
import {poll} from '../poll.ts';
import {dbHosts} from '../topology.ts';
import {createMonitorAccount} from './monitor-account.ts';
import {startObserver} from './observer.ts';

test('the observer sees two writable masters and two VIPs, and does not count who is cut off', async () => {
  const lab = await createLab();
  try {
    await Promise.all(dbHosts.map(host => createMonitorAccount(lab, host)));
    await lab.addVip('db1');
    const observer = startObserver(lab);
    const {seen} = observer;
    const looks = (count: number) => poll('more looks', () => (seen.looks >= count ? true : undefined));
    await looks(5);
    assert.deepEqual({...seen, looks: 0}, {looks: 0, twoWritable: 0, twoVips: 0});
    observer.cutOff('db2');
    await lab.sql('db2', 'SET GLOBAL read_only = 0');
    await lab.addVip('db2');
    await looks(seen.looks + 5);
    assert.deepEqual({...seen, looks: 0}, {looks: 0, twoWritable: 0, twoVips: 0});
    observer.back('db2');
    await poll('both to be seen', () => (seen.twoWritable > 0 && seen.twoVips > 0 ? true : undefined));
    await observer.stop();
  } finally {
    await lab.dispose();
  }
});
