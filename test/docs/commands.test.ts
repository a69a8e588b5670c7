import assert from 'node:assert/strict';
import {test} from 'node:test';
import {CommanderError} from 'commander';
import {buildProgram} from '../../controller/command/program.ts';
import {documentedCommands} from './command-lines.ts';

/** What the real program makes of the words: the command it would run, or its complaint. */
const parse = async (argv: readonly string[]): Promise<string> => {
  const said: string[] = [];
  const hear = (line: string): void => void said.push(line);
  let chosen = '';
  const program = buildProgram({tell: hear, complain: hear}, async name => {
    chosen = name;
  });
  try {
    await program.parseAsync(argv, {from: 'user'});
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return said.join('\n');
  }
  return chosen;
};

const commands = documentedCommands();

for (const {file, line, argv} of commands)
  test(`${file}:${line}: mha-helper ${argv.join(' ')}`, async () => {
    const chosen = await parse(argv);
    assert.ok(chosen !== '' && argv.join(' ').startsWith(chosen), chosen);
  });

test('the documentation is looked through, and shows every command of the operator', async () => {
  assert.ok(commands.length > 60, `only ${commands.length}`);
  const shown = new Set(commands.map(({argv}) => argv[0]));
  const program = buildProgram({tell: () => undefined, complain: () => undefined}, async () => undefined);
  for (const command of program.commands) assert.ok(shown.has(command.name()), command.name());
});

test('a misspelt option would be found', async () => {
  assert.match(await parse(['switch', 'app1', '--dryrun']), /unknown option '--dryrun'/);
});
