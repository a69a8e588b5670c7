// What the commands say of themselves, read from their --help: the man pages are made of it, so that they tell nothing
// else than the program does.
import {execFileSync} from 'node:child_process';

/** One command with those below it. */
const helpOf = (program, path) => execFileSync(process.execPath, [program, ...path, '--help'], {encoding: 'utf8', env});

/** A terminal's width and language must not change a package. */
const env = {PATH: process.env.PATH, LC_ALL: 'C.UTF-8', COLUMNS: '80', NO_COLOR: '1'};

/** @returns {path, help, commands}: the whole tree of a program. */
export const readHelp = (program, path = []) => {
  const help = helpOf(program, path).trimEnd();
  const commands = namesIn(sectionOf(help, 'Commands'), /^ {2}([a-z][\w-]*)/).filter(name => name !== 'help');
  return {
    path,
    help,
    commands: commands.map(name => readHelp(program, [...path, name])),
  };
};

/** The lines below a heading of commander's, up to the next empty line. */
const sectionOf = (help, heading) => {
  const lines = help.split('\n');
  const at = lines.indexOf(`${heading}:`);
  if (at < 0) return '';
  const end = lines.indexOf('', at);
  return lines.slice(at + 1, end < 0 ? undefined : end).join('\n');
};

const namesIn = (text, pattern) => text.split('\n').flatMap(line => pattern.exec(line)?.[1] ?? []);
