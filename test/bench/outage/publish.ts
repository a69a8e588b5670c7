import {readFileSync, writeFileSync} from 'node:fs';

const root = new URL('../../../', import.meta.url);
const [begin, end] = ['<!-- bench:outage -->', '<!-- /bench:outage -->'];

/** Puts the table between the README's marks, and the picture where the README looks for it. */
export const publish = ({table, note, picture}: Readonly<Record<'table' | 'note' | 'picture', string>>): void => {
  const file = new URL('README.md', root);
  const readme = readFileSync(file, 'utf8');
  const [from, to] = [readme.indexOf(begin), readme.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`README.md has no ${begin} … ${end}`);
  const text = readme.slice(from, to);
  const words = text.slice(0, text.indexOf('\n\n'));
  const image = '![The median switch of each kind of client, part by part](docs/outage.svg)';
  writeFileSync(new URL('docs/outage.svg', root), picture);
  writeFileSync(file, `${readme.slice(0, from)}${words}\n\n${image}\n\n${table}\n\n${note}\n${readme.slice(to)}`);
};
