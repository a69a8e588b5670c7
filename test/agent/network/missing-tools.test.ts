import assert from 'node:assert/strict';
import {test} from 'node:test';
import {missingTools} from '../../../agent/network/missing-tools.ts';
import type {Tools} from '../../../agent/network/tools.ts';

const v4 = '10.0.0.50/24';
const v6 = '2001:db8::50/64';
const paths = {
  ip: '/usr/sbin/ip',
  arping: '/usr/bin/arping',
  ndptool: '/usr/bin/ndptool',
  ndisc6: '/usr/bin/ndisc6',
  nft: '/usr/sbin/nft',
};
const all: Tools = {paths, arpingKind: 'iputils'};
const bare: Tools = {paths: {}, arpingKind: 'none'};
/** The first word of each: the tool. */
const toolsOf = (tools: Tools, ...cidrs: readonly string[]): string[] =>
  missingTools(tools, cidrs).map(({warning, harm}) => `${warning.split(' ')[0]} ${harm}`);

test('a host with all tools, and one that carries no VIP, miss nothing', () => {
  assert.deepEqual(toolsOf(all, v4, v6), []);
  assert.deepEqual(toolsOf(bare), []);
});

test('only what the allowed addresses need is missed', () => {
  assert.deepEqual(toolsOf(bare, v4), ['ip worse', 'arping worse', 'nft slower']);
  assert.deepEqual(toolsOf(bare, v6), ['ip worse', 'ndptool worse', 'ndisc6 slower', 'nft slower']);
  assert.deepEqual(toolsOf({...all, arpingKind: 'none'}, v6), []);
});

test('each says what it costs and what to install', () => {
  for (const {warning} of missingTools(bare, [v4, v6]))
    assert.match(warning, /^\w+ is missing: .{20,}; install [\w-]+$/);
});
