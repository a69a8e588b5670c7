import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';

/** One `mha-helper …` as the documentation has it. */
export interface DocumentedCommand {
  readonly file: string;
  readonly line: number;
  /** Without `mha-helper`. */
  readonly argv: readonly string[];
}

const root = join(import.meta.dirname, '../..');

const documents = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter(name => name.endsWith('.md'))
    .map(name => `docs/${name}`),
];

/** Every command line of README and docs, in code blocks and between backticks, in the order of reading. */
export const documentedCommands = (): readonly DocumentedCommand[] => documents.flatMap(commandsIn);

const commandsIn = (file: string): readonly DocumentedCommand[] => {
  let isBlock = false;
  return readFileSync(join(root, file), 'utf8')
    .split('\n')
    .flatMap((text, index) => {
      if (/^\s*```/.test(text)) isBlock = !isBlock;
      const spans = isBlock ? [text] : [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
      return spans.flatMap(commandIn).map(argv => ({file, line: index + 1, argv}));
    });
};

/** The words behind the program's name, up to what belongs to the shell. A name that no command follows is just a name. */
const commandIn = (code: string): readonly (readonly string[])[] => {
  const [, rest] = /(?:^|<\(|\s)mha-helper ([a-z-].*)$/.exec(code) ?? [];
  if (rest === undefined) return [];
  const words = rest
    .replace(/\s*(?:#|[|>);]).*$/, '')
    .trim()
    .split(/\s+/);
  return [words];
};
