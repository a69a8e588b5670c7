import assert from 'node:assert/strict';
import {test} from 'node:test';
import {exitMeanings} from '../../../../controller/command/explain/exit-meanings.ts';
import {explain} from '../../../../controller/command/explain/explain.ts';
import {moveExitCodes} from '../../../../controller/command/move/finish-move.ts';
import {exitCodes} from '../../../../controller/hook/exit-codes.ts';
import {refusalReasons} from '../../../../proto/refusal.ts';

const terminalOf = (columns: number) => ({columns, isPiped: true, hasColours: false, hasUnicode: false});

const say = (word: string, {json = false, columns = 500} = {}): string => {
  const lines: string[] = [];
  const tell = (line: string): void => void lines.push(line);
  assert.equal(explain({word, json}, {tell, terminal: terminalOf(columns)}), 0);
  return lines.join('\n');
};

test('every reason an agent can give is explained, with what to do', () => {
  for (const [reason, sentence] of Object.entries(refusalReasons)) {
    const [first, second, ...rest] = say(reason).split('\n');
    assert.equal(first, `${reason}: ${sentence}`);
    assert.match(second ?? '', /^ {2}[A-Z].{20,}\.$/);
    assert.deepEqual(rest, []);
  }
});

test('every exit code of a hook is explained, and that of an interrupted switch', () => {
  assert.deepEqual(
    Object.keys(exitMeanings),
    [...Object.values(exitCodes), moveExitCodes.interrupted].map(String).sort(byNumber),
  );
  for (const code of Object.keys(exitMeanings)) assert.match(say(code), new RegExp(`^${code}: .+\n {2}.+$`));
});

test('a reason may be written as people write it', () => {
  assert.equal(say('vip-in-use'), say('VIP_IN_USE'));
  assert.equal(JSON.parse(say('busy', {json: true})).means, refusalReasons.BUSY);
});

test('it fits a terminal of 80 columns', () => {
  const lines = ['1', '2', '10', ...Object.keys(refusalReasons)].flatMap(word => say(word, {columns: 80}).split('\n'));
  assert.ok(
    lines.every(line => line.length <= 80),
    lines.join('\n'),
  );
});

test('an unknown word is refused with all known ones', () => {
  for (const word of ['', '3', 'toString', 'NOPE'])
    assert.throws(
      () => explain({word, json: false}, {tell: () => {}, terminal: terminalOf(80)}),
      /no exit code of a hook and no reason/,
    );
});

const byNumber = (one: string, other: string): number => Number(one) - Number(other);
