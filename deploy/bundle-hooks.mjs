// bundle-hooks.mjs: makes one script of each hook that costs write downtime, and beside it what V8 compiled while it ran
// against a stand-in for the agents (rehearse-hooks.mjs). hook-launcher.mjs says how the two come together.
import {spawnSync} from 'node:child_process';
import {chmod, copyFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';

const deploy = dirname(fileURLToPath(import.meta.url));
const hooks = ['master_ip_online_failover_helper', 'master_ip_hard_failover_helper'];

/** @param shared esbuild's options for every program. @param outdir where the programs are. */
export const bundleHooks = async (shared, outdir) => {
  await build({
    ...shared,
    entryPoints: hooks.map(name => join(deploy, `../controller/bin/${name}.ts`)),
    outdir,
    outExtension: {'.js': '.cjs'},
    format: 'cjs',
    // Node 20 finds no loader for the import() of a script that came out of a code cache.
    supported: {'dynamic-import': false},
    // vm.Script runs no modules: the launcher hands over what a module would have
    define: {'import.meta.url': 'programUrl'},
    banner: {js: '(function (require, module, programUrl) {'},
    footer: {js: '})'},
  });
  await build({
    ...shared,
    entryPoints: [join(deploy, '../controller/starter/ask-starter.ts')],
    outdir,
    outExtension: {'.js': '.mjs'},
    format: 'esm',
  });
  for (const name of ['code-cache.mjs', 'run-program.mjs']) await copyFile(join(deploy, name), join(outdir, name));
  for (const name of hooks) {
    const launcher = join(outdir, `${name}.js`);
    await copyFile(join(deploy, 'hook-launcher.mjs'), launcher);
    await chmod(launcher, 0o755);
  }
  const {NODE_OPTIONS: _, NODE_EXTRA_CA_CERTS: __, ...env} = process.env;
  const {status} = spawnSync(process.execPath, [join(deploy, 'rehearse-hooks.mjs'), outdir], {stdio: 'inherit', env});
  if (status !== 0) throw new Error('the rehearsal of the hooks failed');
};
