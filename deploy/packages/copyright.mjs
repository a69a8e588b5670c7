// Whose work is in the packages: ours, Node.js, and the npm packages that the bundles contain.
import {execFileSync} from 'node:child_process';
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {gzipSync} from 'node:zlib';
import {put} from './stage.mjs';

export const putCopyright = ({tree, name, repository, runtime}) => {
  const folder = `usr/share/doc/${name}`;
  put(tree, `${folder}/copyright`, copyright());
  put(tree, `${folder}/third-party.txt.gz`, gzipSync(thirdParty(repository, runtime), {level: 9}));
};

/** Names the format as the packages of the machine that builds do: dpkg's own file is on each of them. */
const formatLine = () => readFileSync('/usr/share/doc/dpkg/copyright', 'utf8').split('\n', 1)[0];

const copyright = () => `${formatLine()}
Upstream-Name: mha-helper
Comment: Licences of Node.js and of the npm packages inside are in third-party.txt.gz.

Files: *
Copyright: 2026 the mha-helper maintainers
License: Apache-2.0
 On Debian systems the full text is in /usr/share/common-licenses/Apache-2.0.
`;

const thirdParty = (repository, runtime) => {
  const list = ['ls', '--omit=dev', '--all', '--parseable'];
  const folders = execFileSync('npm', list, {cwd: repository, encoding: 'utf8'}).trim().split('\n').slice(1).sort();
  const node = `Node.js\n\n${readFileSync(join(runtime, 'LICENSE'), 'utf8')}`;
  return [node, ...folders.filter(existsSync).map(licenceOf)].join(`\n${'-'.repeat(80)}\n`);
};

const licenceOf = folder => {
  const {name, version, license} = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder)
    .sort()
    .find(each => /^licen[cs]e/i.test(each));
  return `${name} ${version} (${license})\n\n${file === undefined ? '' : readFileSync(join(folder, file), 'utf8')}`;
};
