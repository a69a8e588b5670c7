// Lays out the files of mha-helper-controller as they will lie on the manager.
import {execFileSync} from 'node:child_process';
import {cpSync, existsSync, mkdirSync, readdirSync, rmSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';
import {hooks, manPageOfCommand, manPageOfHook} from './man-pages.mjs';
import {readHelp} from './read-help.mjs';
import {copy, link, put, stageRuntime, useRuntime} from './stage.mjs';

const name = 'mha-helper-controller';
const installed = `/usr/lib/${name}/lib/controller/bin`;
const commands = ['mha-helper', ...Object.keys(hooks), 'mysql_failover', 'mysql_online_failover'];

/** The controller's programs as the build made them, with code that V8 compiled for the Node.js they come with. */
export const stageController = async ({tree, repository, runtime, meta, work}) => {
  const home = join(tree, 'usr/lib', name);
  const built = join(repository, 'dist/controller/bin');
  stageRuntime(home, runtime, meta);
  stagePrograms({built, programs: join(home, 'lib/controller/bin'), runtime, work});
  await stageLibraries(home, repository);
  for (const command of commands) {
    link(tree, command, `${name}/lib/controller/bin/${command}.${extensionOf(built, command)}`);
    put(tree, `usr/share/man/man8/${command}.8.gz`, manPage(command, built, meta));
  }
  const completion = execFileSync(process.execPath, [join(built, 'mha-helper.js'), 'completion', 'bash']);
  put(tree, 'usr/share/bash-completion/completions/mha-helper', completion);
  for (const file of ['mha-helper/app1.conf', 'mha/app1.cnf'])
    copy(repository, `deploy/etc/${file}`, tree, `usr/share/doc/${name}/examples/${basename(file)}`);
  for (const file of readdirSync(join(repository, 'deploy/prometheus')))
    copy(repository, `deploy/prometheus/${file}`, tree, `usr/share/doc/${name}/examples/prometheus/${file}`);
  for (const folder of ['etc/mha-helper', 'var/lib/mha-helper']) mkdirSync(join(tree, folder), {recursive: true});
};

const extensionOf = (built, command) => (existsSync(join(built, `${command}.cjs`)) ? 'cjs' : 'js');

/** Below the repository, so that the programs find its node_modules while their caches are made. */
const stagePrograms = ({built, programs, runtime, work}) => {
  const copied = join(work, 'dist/controller/bin');
  cpSync(built, copied, {recursive: true});
  for (const file of readdirSync(copied)) useRuntime(join(copied, file), `/usr/lib/${name}/bin/node`);
  for (const file of readdirSync(copied)) if (file.endsWith('.cache')) makeCache(join(copied, file), runtime);
  cpSync(copied, programs, {recursive: true});
};

/** Made anew where the build has one: it fits the exact bytes of a program and the exact Node.js. */
const makeCache = (cache, runtime) => {
  const program = cache.replace(/\.cache$/, '');
  const node = join(runtime, 'bin/node');
  rmSync(cache);
  const seeds = ['--random-seed=1', '--min-semi-space-size=64', '--max-semi-space-size=64'];
  const cacheCode = join(dirname(fileURLToPath(import.meta.url)), 'cache-code.mjs');
  // A stream is another object when it is a pipe, a file or a terminal, and that would show in the cache.
  const options = {stdio: ['ignore', 'ignore', 'pipe'], env: {}};
  execFileSync(node, [...seeds, cacheCode, program, join(installed, basename(program))], options);
  const check = `const source = fs.readFileSync(process.argv[1], 'latin1'), bytes = fs.readFileSync(process.argv[1] + '.cache');
process.exitCode = new vm.Script(source, {cachedData: bytes.subarray(64)}).cachedDataRejected ? 1 : 0`;
  execFileSync(node, ['-e', check, program], {env: {}});
};

/** What the bundles leave outside: large, and loaded only where the configuration asks for it. */
const libraries = {'@aws-sdk/client-ec2': 'EC2', yaml: 'parseDocument'};

const stageLibraries = async (home, repository) => {
  for (const [library, name] of Object.entries(libraries)) {
    const folder = join(home, 'node_modules', library);
    await build({
      ...{bundle: true, platform: 'node', target: 'node24', format: 'cjs', logLevel: 'warning'},
      ...{minifyWhitespace: true, minifySyntax: true},
      stdin: {contents: `export {${name}} from '${library}';`, resolveDir: repository},
      outfile: join(folder, 'index.js'),
    });
    put(folder, 'package.json', `{"name": "${library}", "main": "index.js"}\n`);
  }
};

const manPage = (command, programs, meta) => {
  if (command in hooks) return manPageOfHook(command, meta);
  const help = readHelp(join(programs, `${command}.js`));
  // The first paragraph after the usage says what the command is.
  const about = help.help.split('\n\n')[1].replaceAll('\n', ' ').split('. ')[0].replace(/\.$/, '');
  return manPageOfCommand(command, about, help, meta);
};
