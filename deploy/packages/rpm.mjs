// Makes an .rpm of a staged tree with rpmbuild, the same bytes for the same tree and SOURCE_DATE_EPOCH.
import {execFileSync} from 'node:child_process';
import {cpSync, mkdirSync, readdirSync} from 'node:fs';
import {basename, join, relative} from 'node:path';
import {setModes, settle} from './settle.mjs';
import {put} from './stage.mjs';

export const makeRpm = ({tree, description, scripts, meta, out, work}) => {
  const top = join(work, `${description.name}.rpm`);
  const root = join(top, 'tree');
  cpSync(tree, root, {recursive: true, verbatimSymlinks: true});
  if (description.rpm.files.some(line => line.endsWith('/etc/mha-helper/pki')))
    mkdirSync(join(root, 'etc/mha-helper/pki'), {recursive: true});
  setModes(root);
  settle(root, meta.epoch);
  put(top, 'package.spec', spec(description, scripts, root, meta));
  const defines = {
    _topdir: top,
    _rpmdir: join(top, 'out'),
    _dbpath: join(top, 'db'),
    _buildhost: 'localhost',
    _build_id_links: 'none',
    _binary_payload: 'w2.xzdio',
    use_source_date_epoch_as_buildtime: '1',
    clamp_mtime_to_source_date_epoch: '1',
    __os_install_post: '%{nil}',
    debug_package: '%{nil}',
  };
  const options = Object.entries(defines).flatMap(([name, value]) => ['--define', `${name} ${value}`]);
  execFileSync('rpmbuild', ['-bb', '--quiet', '--target', 'x86_64', ...options, join(top, 'package.spec')], {
    env: {...process.env, SOURCE_DATE_EPOCH: String(meta.epoch)},
    stdio: 'pipe',
  });
  const made = join(top, 'out/x86_64', `${description.name}-${meta.version}-${meta.release}.x86_64.rpm`);
  cpSync(made, join(out, basename(made)));
  return join(out, basename(made));
};

const spec = ({name, summary, text, rpm}, scripts, root, meta) => `Name: ${name}
Version: ${meta.version}
Release: ${meta.release}
Summary: ${summary}
License: Apache-2.0
AutoReqProv: no
${rpm.requires.map(each => `Requires: ${each}\n`).join('')}${rpm.recommends.map(each => `Recommends: ${each}\n`).join('')}${rpm.needsBefore.map(each => `Requires(pre): ${each}\n`).join('')}
%description
${text.join('\n')}

%install
cp -a ${root}/. %{buildroot}

${Object.entries(rpm.scripts)
  .map(([when, call]) => `%${when}\n${scripts}\n${call}\n`)
  .join('\n')}
%files
%defattr(-,root,root)
${rpm.files.join('\n')}
${ownedBy(root, name, rpm.files).join('\n')}
`;

/** Everything but what the description lists with modes of its own, and what belongs to the system. */
const ownedBy = (root, name, listed) => {
  const special = new Set(listed.map(line => line.split(' ').at(-1)));
  const entries = readdirSync(root, {recursive: true, withFileTypes: true}).map(entry => ({
    path: `/${relative(root, join(entry.parentPath, entry.name))}`,
    isFolder: entry.isDirectory(),
  }));
  const isOurs = path => path.split('/').includes(name) || path.endsWith('.service.d');
  return entries
    .filter(({path, isFolder}) => !special.has(path) && (!isFolder || isOurs(path)))
    .map(({path, isFolder}) => (isFolder ? `%dir ${path}` : path))
    .sort();
};
