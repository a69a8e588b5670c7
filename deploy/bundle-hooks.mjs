// bundle-hooks.mjs: makes one script of each hook that costs write downtime, and beside it what V8 compiled while it ran
// against a stand-in for the agents (rehearse-hooks.mjs). hook-launcher.mjs and guard-launcher.mjs say how the two come together.
import {spawnSync} from 'node:child_process';
import {chmod} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';

const deploy = dirname(fileURLToPath(import.meta.url));
/** The two hooks, and the two processes that an online switch starts beside them. */
export const hooks = ['master_ip_online_failover_helper', 'master_ip_hard_failover_helper', 'starter', 'guard'];

const launcherOf = name => (name === 'guard' ? 'guard-launcher.mjs' : 'hook-launcher.mjs');

/** gRPC loads it for services that describe themselves, which nobody asks a hook for. It is a fifth of the whole. */
const withoutProtoLoader = {
  name: 'without-proto-loader',
  setup: ({onResolve, onLoad}) => {
    onResolve({filter: /^@grpc\/proto-loader$/}, ({path}) => ({path, namespace: 'left-out'}));
    onLoad({filter: /.*/, namespace: 'left-out'}, () => ({contents: 'throw new Error("not part of a hook")'}));
  },
};

/** Node 20 asks a regular expression of 4,000 characters what an IPv6 address is, and to compile it takes 4 ms. */
const quickNet = {
  name: 'quick-net',
  setup: ({onResolve, onLoad}) => {
    onResolve({filter: /^(node:)?net$/}, ({namespace}) =>
      namespace === 'quick-net' ? {path: 'node:net', external: true} : {path: 'net', namespace: 'quick-net'},
    );
    onLoad({filter: /.*/, namespace: 'quick-net'}, () => ({
      contents: `const net = require('node:net');
        const isIPv6 = text => String(text).includes(':') && net.isIPv6(text);
        const isIP = text => (net.isIPv4(text) ? 4 : isIPv6(text) ? 6 : 0);
        module.exports = Object.create(net, {isIPv6: {value: isIPv6}, isIP: {value: isIP}});`,
    }));
  },
};

/** @param shared esbuild's options for every program. @param outdir where the programs are. */
export const bundleHooks = async (shared, outdir) => {
  const script = {
    ...shared,
    minify: true,
    outdir,
    format: 'cjs',
    // Node 20 finds no loader for the import() of a script that came out of a code cache.
    supported: {'dynamic-import': false},
  };
  await build({
    ...script,
    entryPoints: hooks.map(name => join(deploy, `../controller/bin/${name}.ts`)),
    outExtension: {'.js': '.program.cjs'},
    // A third of the rest, and only where a clouds.yaml is read.
    external: [...shared.external, 'yaml'],
    plugins: [withoutProtoLoader, quickNet],
    sourcemap: 'external',
    sourcesContent: false,
    // vm.Script runs no modules: the launcher hands over what a module would have
    define: {'import.meta.url': 'programUrl'},
    banner: {js: '(function (require, module, programUrl) {'},
    footer: {js: '})'},
  });
  await build({
    ...script,
    minify: false,
    entryPoints: hooks.map(name => ({in: join(deploy, launcherOf(name)), out: name})),
    outExtension: {'.js': '.cjs'},
  });
  for (const name of hooks) await chmod(join(outdir, `${name}.cjs`), 0o755);
  const {NODE_OPTIONS: _, NODE_EXTRA_CA_CERTS: __, ...env} = process.env;
  const rehearsal = ['--use-openssl-ca', join(deploy, 'rehearse-hooks.mjs'), outdir];
  const {status} = spawnSync(process.execPath, rehearsal, {stdio: 'inherit', env});
  if (status !== 0) throw new Error('the rehearsal of the hooks failed');
};
