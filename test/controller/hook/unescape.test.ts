import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {test} from 'node:test';
import {parseHookArguments} from '../../../controller/hook/parse-arguments.ts';
import {unescapeArgument} from '../../../controller/hook/unescape.ts';
import {recordedArguments} from '../../fixtures/hook-arguments.ts';
import {skipFor} from '../../fixtures/prerequisite.ts';

const printable = Array.from({length: 95}, (_, index) => String.fromCharCode(32 + index));

/** As MHA 0.58 quotes a user or password for its `system()`: single quotes and backslashes at once. */
const quoteLikeMha = (text: string): string =>
  `'${[...text].map(letter => (letter === "'" ? "'\\''" : letter.replace(/["!#&;`|*?~<>^()[\]{}$, \\]/, '\\$&'))).join('')}'`;

/** The arguments that a program receives from a real shell. */
const throughShell = (words: readonly string[]): readonly string[] => {
  const {stdout, status, stderr} = spawnSync('/bin/sh', ['-c', `printf '%s\\0' ${words.join(' ')}`], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return stdout.split('\0').slice(0, -1);
};

const roundTrip = (texts: readonly string[]): void => {
  const users = throughShell(texts.map(text => `--new_master_user=${quoteLikeMha(text)}`));
  const argv = recordedArguments('failover-start');
  const parsed = users.map(user => {
    const call = parseHookArguments('failover', [...argv, user]);
    assert.equal(call.command, 'start');
    return call.command === 'start' ? call.newMaster.user : undefined;
  });
  assert.deepEqual(parsed, texts);
};

test('every printable character survives quoting by MHA, a real shell and our parser', () => {
  roundTrip(printable);
});

test('every pair of printable characters survives as well', () => {
  for (const first of printable) roundTrip(printable.map(second => first + second));
});

test('500 random passwords of printable characters and newlines survive', () => {
  const random = seeded(20_240_811);
  const alphabet = [...printable, '\n', '\\', '\\', "'", '!', 'ä', '密'];
  const word = () => Array.from({length: 1 + (random() % 24)}, () => alphabet[random() % alphabet.length]).join('');
  roundTrip(Array.from({length: 500}, word));
});

for (const [escaped, plain] of [
  ['p\\\\\\!w', 'p\\!w'],
  ['\\\\\\\\two', '\\\\two'],
  ['p@ss\'w\\$rd\\!\\ \\"x\\"\\\\z', 'p@ss\'w$rd! "x"\\z'],
  ['trailing\\', 'trailing\\'],
  ['plain', 'plain'],
  ['', ''],
] as const) {
  test(`${JSON.stringify(escaped)} stands for ${JSON.stringify(plain)}`, () => {
    assert.equal(unescapeArgument(escaped), plain);
  });
}

const mha = spawnSync('perl', ['-MMHA::NodeUtil', '-e', '1']).status === 0;

test("the quoting in this test is MHA's own", {skip: skipFor(mha ? undefined : 'mha4mysql-node')}, () => {
  const program = 'print MHA::NodeUtil::escape_for_shell($_), "\\n" for @ARGV';
  const {stdout} = spawnSync('perl', ['-MMHA::NodeUtil', '-e', program, ...printable], {encoding: 'utf8'});
  assert.deepEqual(stdout.split('\n').slice(0, -1), printable.map(quoteLikeMha));
});

/** xorshift: the same passwords in every run. */
const seeded = (seed: number) => () => {
  seed ^= seed << 13;
  seed ^= seed >>> 17;
  seed ^= seed << 5;
  return seed >>> 0;
};
