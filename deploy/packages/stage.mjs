// What both packages are laid out with. The .deb and the .rpm are made of the same tree.
import {chmodSync, cpSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';

export const put = (tree, path, content) => {
  mkdirSync(dirname(join(tree, path)), {recursive: true});
  writeFileSync(join(tree, path), content);
};

export const copy = (repository, from, tree, to) => put(tree, to, readFileSync(join(repository, from)));

/** A command in /usr/bin, for a program below /usr/lib. */
export const link = (tree, name, target) => {
  mkdirSync(join(tree, 'usr/bin'), {recursive: true});
  symlinkSync(`../lib/${target}`, join(tree, 'usr/bin', name));
};

export const stageRuntime = (home, runtime, {version}) => {
  mkdirSync(join(home, 'bin'), {recursive: true});
  cpSync(join(runtime, 'bin/node'), join(home, 'bin/node'));
  chmodSync(join(home, 'bin/node'), 0o755);
  put(home, 'package.json', `${JSON.stringify({name: 'mha-helper', version, type: 'module'})}\n`);
};

/** `#!/usr/bin/env node`, and with -S what is taken from its environment or put there, and options after it */
const shebang = /^#!\/usr\/bin\/env (?:-S ((?:-u \w+ |\w+=\S+ )*))?node\b/;

/** A program runs on the packages' own Node.js, whatever the host has. */
export const useRuntime = (file, node) => {
  if (!/\.[cm]?js$/.test(file) || !statSync(file).isFile()) return;
  const text = readFileSync(file, 'utf8');
  if (!shebang.test(text)) return;
  writeFileSync(
    file,
    text.replace(shebang, (_, set) => (set === undefined ? `#!${node}` : `#!/usr/bin/env -S ${set}${node}`)),
  );
  chmodSync(file, 0o755);
};
