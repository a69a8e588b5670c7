// Lays out the files of both packages as they will lie on a host. The .deb and the .rpm are made of the same tree.
import {execFileSync} from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';
import {hooks, manPageOfCommand, manPageOfHook} from './man-pages.mjs';
import {readHelp} from './read-help.mjs';

const installed = '/usr/lib/mha-helper-controller/lib/controller/bin';
const shebang = '#!/usr/bin/env node';

/** The agent as one file, with the .proto files that its reflection and health services read. */
export const stageAgent = async ({tree, repository, runtime, meta}) => {
  const home = join(tree, 'usr/lib/mha-helper-agent');
  const program = join(home, 'lib/agent/main.cjs');
  stageRuntime(home, runtime, meta, {});
  await build({
    ...bundled,
    entryPoints: [join(repository, 'agent/main.ts')],
    outfile: program,
    define: {'import.meta.url': 'programUrl'},
    banner: {js: "const programUrl = require('node:url').pathToFileURL(__filename).href;"},
  });
  useRuntime(program, '/usr/lib/mha-helper-agent/bin/node');
  const protos = ['proto/mha_helper', '@grpc/reflection/build/proto/grpc', 'grpc-health-check/proto/health'];
  for (const folder of protos) {
    const from = folder.startsWith('@') || folder.startsWith('grpc') ? join('node_modules', folder) : folder;
    cpSync(join(repository, from), join(home, 'proto', folder.split('/').at(-1)), {recursive: true});
  }
  link(tree, 'mha-helper-agent', 'mha-helper-agent/lib/agent/main.cjs');
  const help = execFileSync(process.execPath, [join(repository, 'dist/agent/main.js'), '--help'], {encoding: 'utf8'});
  const page = {path: [], help: help.trimEnd(), commands: []};
  const about = 'local work for mha-helper on a MySQL host';
  put(tree, 'usr/share/man/man8/mha-helper-agent.8.gz', manPageOfCommand('mha-helper-agent', about, page, meta));
  copy(repository, 'deploy/systemd/mha-helper-agent.service', tree, 'usr/lib/systemd/system/mha-helper-agent.service');
  copy(repository, 'deploy/packages/etc/agent.ini', tree, 'etc/mha-helper/agent.ini');
  copy(repository, 'deploy/etc/mha-helper/agent.ini', tree, 'usr/share/doc/mha-helper-agent/examples/agent.ini');
};

/** The controller's programs as the build made them, with code that V8 compiled for the Node.js they come with. */
export const stageController = async ({tree, repository, runtime, meta, work}) => {
  const home = join(tree, 'usr/lib/mha-helper-controller');
  const programs = join(home, 'lib/controller/bin');
  stageRuntime(home, runtime, meta, {type: 'module'});
  const dist = join(work, 'dist');
  cpSync(join(repository, 'dist'), dist, {recursive: true});
  const built = join(dist, 'controller/bin');
  for (const name of readdirSync(built)) useRuntime(join(built, name), '/usr/lib/mha-helper-controller/bin/node');
  for (const name of readdirSync(built).filter(each => each.endsWith('.cache'))) makeCache(join(built, name), runtime);
  cpSync(built, programs, {recursive: true});
  await stageAws(home, repository);
  const commands = ['mha-helper', ...Object.keys(hooks), 'mysql_failover', 'mysql_online_failover'];
  for (const name of commands) {
    link(tree, name, `mha-helper-controller/lib/controller/bin/${name}.js`);
    put(tree, `usr/share/man/man8/${name}.8.gz`, manPage(name, join(repository, 'dist/controller/bin'), meta));
  }
  const complete = [join(repository, 'dist/controller/bin/mha-helper.js'), 'completion', 'bash'];
  put(tree, 'usr/share/bash-completion/completions/mha-helper', execFileSync(process.execPath, complete));
  for (const file of ['mha-helper/app1.conf', 'mha/app1.cnf'])
    copy(
      repository,
      `deploy/etc/${file}`,
      tree,
      `usr/share/doc/mha-helper-controller/examples/${file.split('/').at(-1)}`,
    );
  for (const folder of ['etc/mha-helper', 'var/lib/mha-helper']) mkdirSync(join(tree, folder), {recursive: true});
};

const bundled = {
  ...{bundle: true, platform: 'node', target: 'node24', format: 'cjs', logLevel: 'warning'},
  ...{minifyWhitespace: true, minifySyntax: true},
};

/** Made anew where the build has one: it fits the exact bytes of a program and the exact Node.js. */
const makeCache = (cache, runtime) => {
  const program = cache.replace(/\.cache$/, '');
  rmSync(cache);
  const seeds = ['--random-seed=1', '--min-semi-space-size=64', '--max-semi-space-size=64'];
  const cacheCode = join(dirname(fileURLToPath(import.meta.url)), 'cache-code.mjs');
  execFileSync(join(runtime, 'bin/node'), [...seeds, cacheCode, program, join(installed, basename(program))], {
    stdio: 'inherit',
    env: {},
  });
  const check = `const source = fs.readFileSync(process.argv[1], 'utf8'), bytes = fs.readFileSync(process.argv[1] + '.cache');
process.exitCode = new vm.Script(source, {cachedData: bytes.subarray(64)}).cachedDataRejected ? 1 : 0`;
  execFileSync(join(runtime, 'bin/node'), ['-e', check, program], {env: {}});
};

/** The one cloud library that the bundles leave outside: it is large, and loaded only with vip_type = aws. */
const stageAws = async (home, repository) => {
  const folder = join(home, 'node_modules/@aws-sdk/client-ec2');
  const stdin = {contents: "export {EC2} from '@aws-sdk/client-ec2';", resolveDir: repository};
  await build({...bundled, stdin, outfile: join(folder, 'index.js')});
  put(folder, 'package.json', '{"name": "@aws-sdk/client-ec2", "main": "index.js"}\n');
};

const manPage = (name, programs, meta) => {
  if (name in hooks) return manPageOfHook(name, meta);
  const help = readHelp(join(programs, `${name}.js`));
  // The first paragraph after the usage says what the command is.
  const about = help.help.split('\n\n')[1].replaceAll('\n', ' ').split('. ')[0].replace(/\.$/, '');
  return manPageOfCommand(name, about, help, meta);
};

const stageRuntime = (home, runtime, {version}, more) => {
  mkdirSync(join(home, 'bin'), {recursive: true});
  cpSync(join(runtime, 'bin/node'), join(home, 'bin/node'));
  chmodSync(join(home, 'bin/node'), 0o755);
  put(home, 'package.json', `${JSON.stringify({name: 'mha-helper', version, ...more})}\n`);
};

/** A program that begins with env node runs on the packages' own Node.js, whatever the host has. */
const useRuntime = (file, node) => {
  const text = file.endsWith('.cache') ? '' : readText(file);
  if (!text.startsWith(`${shebang}\n`)) return;
  writeFileSync(file, `#!${node}${text.slice(shebang.length)}`);
  chmodSync(file, 0o755);
};

const readText = file => (statSync(file).isFile() ? readFileSync(file, 'utf8') : '');

const link = (tree, name, target) => {
  mkdirSync(join(tree, 'usr/bin'), {recursive: true});
  symlinkSync(`../lib/${target}`, join(tree, 'usr/bin', name));
};

export const put = (tree, path, content) => {
  mkdirSync(dirname(join(tree, path)), {recursive: true});
  writeFileSync(join(tree, path), content);
};

const copy = (repository, from, tree, to) => put(tree, to, readFileSync(join(repository, from)));
