import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {Terminal} from '../../../../controller/command/environment.ts';
import {fit, toLine} from '../../../../controller/command/terminal/plain.ts';
import {renderTable} from '../../../../controller/command/terminal/table.ts';
import {wrap} from '../../../../controller/command/terminal/wrap.ts';

const terminal: Terminal = {columns: 30, isPiped: true, hasColours: false, hasUnicode: true};

test('the widest column that may shrink gives way first', () => {
  const columns = [
    {title: 'NAME', shrinksTo: 6},
    {title: 'WHAT', shrinksTo: 6},
    {title: 'DAYS', align: 'right'},
  ] as const;
  const rows = [[{text: 'short'}, {text: 'a text that is far too long for it'}, {text: '7'}]];
  assert.deepEqual(renderTable(columns, rows, {terminal, indent: ''}), [
    'NAME   WHAT               DAYS',
    'short  a text that is f\u2026     7',
  ]);
});

test('a table that cannot shrink is too wide rather than wrong', () => {
  const rows = [[{text: 'x'.repeat(40)}]];
  assert.equal(renderTable([{title: 'A'}], rows, {terminal, indent: ''})[1], 'x'.repeat(40));
});

test('what is cut says so in any locale', () => {
  assert.equal(fit('replication', 8, {hasUnicode: true}), 'replica\u2026');
  assert.equal(fit('replication', 8, {hasUnicode: false}), 'replic..');
  assert.equal(fit('fits', 8, {hasUnicode: false}), 'fits');
});

test('control characters and line ends become one blank', () => {
  assert.equal(toLine(' a\r\n\tb\u001b[0m\u0000c ', {hasUnicode: true}), 'a b [0m c');
});

test('lines break at blanks, and a long word stays whole', () => {
  assert.deepEqual(wrap('one two three-that-is-long four', {width: 12, first: '* ', indent: '  '}), [
    '* one two',
    '  three-that-is-long',
    '  four',
  ]);
});
