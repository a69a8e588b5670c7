// Makes a .deb of a staged tree with Debian's own dpkg-deb: the same tree and the same SOURCE_DATE_EPOCH, the same bytes.
import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {chmodSync, cpSync, readdirSync, readFileSync, statSync} from 'node:fs';
import {join, relative} from 'node:path';
import {gzipSync} from 'node:zlib';
import {setModes, settle} from './settle.mjs';
import {put} from './stage.mjs';

export const makeDeb = ({tree, description, scripts, overrides, repository, meta, out, work}) => {
  const {name, deb} = description;
  const root = join(work, `${name}.deb`);
  cpSync(tree, root, {recursive: true, verbatimSymlinks: true});
  putDocumentation(root, name, repository, meta);
  put(root, `usr/share/lintian/overrides/${name}`, overrides);
  const control = join(root, 'DEBIAN');
  put(control, 'md5sums', md5sums(root));
  if (deb.conffiles.length > 0) put(control, 'conffiles', `${deb.conffiles.join('\n')}\n`);
  put(control, 'control', controlFile(description, root, meta));
  for (const [script, call] of Object.entries(deb.scripts)) {
    put(control, script, `#!/bin/sh\nset -e\n\n${scripts}\n${call}\n`);
    chmodSync(join(control, script), 0o755);
  }
  setModes(root);
  settle(root, meta.epoch);
  const file = join(out, `${name}_${meta.version}-${meta.release}_amd64.deb`);
  const options = ['--root-owner-group', '-Zxz', '-z2', '--threads-max=1', '--build', root, file];
  execFileSync('dpkg-deb', options, {env: {...process.env, SOURCE_DATE_EPOCH: String(meta.epoch)}, stdio: 'pipe'});
  return file;
};

const controlFile = ({name, summary, text, deb}, root, meta) => `Package: ${name}
Version: ${meta.version}-${meta.release}
Section: database
Priority: optional
Architecture: amd64
Installed-Size: ${Math.ceil(filesOf(root).reduce((sum, file) => sum + statSync(file).size, 0) / 1024)}
Depends: ${deb.depends.join(', ')}
Recommends: ${deb.recommends.join(', ')}
Maintainer: ${meta.maintainer}
Description: ${summary}
${text.map(line => ` ${line}`).join('\n')}
`;

const putDocumentation = (root, name, repository, {version, release, maintainer, epoch}) => {
  const date = new Date(epoch * 1000).toUTCString().replace('GMT', '+0000');
  const entry = `mha-helper (${version}-${release}) unstable; urgency=medium\n\n  * See CHANGELOG.md of the source.\n\n -- ${maintainer}  ${date}\n`;
  const folder = `usr/share/doc/${name}`;
  put(root, `${folder}/changelog.Debian.gz`, gzipSync(entry, {level: 9}));
  put(root, `${folder}/changelog.gz`, gzipSync(readFileSync(join(repository, 'CHANGELOG.md')), {level: 9}));
};

const md5sums = root =>
  filesOf(root)
    .map(file => `${createHash('md5').update(readFileSync(file)).digest('hex')}  ${relative(root, file)}\n`)
    .join('');

const filesOf = root =>
  readdirSync(root, {recursive: true, withFileTypes: true})
    .filter(entry => entry.isFile() && !join(entry.parentPath, entry.name).startsWith(join(root, 'DEBIAN')))
    .map(entry => join(entry.parentPath, entry.name))
    .sort();
