// Takes out of a tree what depends on when and by whom it was made.
import {chmodSync, lstatSync, lutimesSync, readdirSync} from 'node:fs';
import {join} from 'node:path';

/** Modes that do not depend on a umask: what is executable stays so. */
export const setModes = root => {
  for (const path of [root, ...everythingIn(root)]) {
    const status = lstatSync(path);
    if (status.isSymbolicLink()) continue;
    const isRunnable = status.isDirectory() || (status.mode & 0o100) !== 0;
    chmodSync(path, isRunnable ? 0o755 : 0o644);
  }
};

/** One time for all files. */
export const settle = (root, epoch) => {
  for (const path of [...everythingIn(root).reverse(), root]) lutimesSync(path, epoch, epoch);
};

const everythingIn = root =>
  readdirSync(root, {recursive: true})
    .map(path => join(root, path))
    .sort();
