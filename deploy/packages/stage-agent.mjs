// Lays out the files of mha-helper-agent as they will lie on a host.
import {execFileSync} from 'node:child_process';
import {cpSync} from 'node:fs';
import {join} from 'node:path';
import {manPageOfCommand} from './man-pages.mjs';
import {copy, link, put, stageRuntime, useRuntime} from './stage.mjs';

const name = 'mha-helper-agent';

/** What the distributions and Oracle call it; @: one unit for several instances. */
const mysqldUnits = ['mariadb', 'mariadb@', 'mysql', 'mysql@', 'mysqld', 'mysqld@'];

/** The agent as the build made it: one file, and the .proto files that its reflection and health services read. */
export const stageAgent = async ({tree, repository, runtime, meta}) => {
  const home = join(tree, 'usr/lib', name);
  stageRuntime(home, runtime, meta);
  cpSync(join(repository, 'dist/agent'), join(home, 'lib/agent'), {recursive: true});
  useRuntime(join(home, 'lib/agent/main.js'), `/usr/lib/${name}/bin/node`);
  cpSync(join(repository, 'proto/mha_helper'), join(home, 'proto/mha_helper'), {recursive: true});
  link(tree, name, `${name}/lib/agent/main.js`);
  put(tree, `usr/share/man/man8/${name}.8.gz`, manPage(repository, meta));
  copy(repository, `deploy/systemd/${name}.service`, tree, `usr/lib/systemd/system/${name}.service`);
  for (const unit of mysqldUnits)
    copy(
      repository,
      'deploy/systemd/mysqld-boot-policy.conf',
      tree,
      `usr/lib/systemd/system/${unit}.service.d/${name}.conf`,
    );
  copy(repository, 'deploy/packages/etc/agent.ini', tree, 'etc/mha-helper/agent.ini');
  copy(repository, 'deploy/etc/mha-helper/agent.ini', tree, `usr/share/doc/${name}/examples/agent.ini`);
};

const manPage = (repository, meta) => {
  const help = execFileSync(process.execPath, [join(repository, 'dist/agent/main.js'), '--help'], {encoding: 'utf8'});
  const page = {path: [], help: help.trimEnd(), commands: []};
  return manPageOfCommand(name, 'local work for mha-helper on a MySQL host', page, meta);
};
