// bundle-agent.mjs: makes one file of the agent, and files beside it for what it hardly ever needs. Loaded as two hundred files it
// keeps more memory for as long as it runs, and that is on every MySQL host; and so does the text of what it never runs.
import {chmod, cp, readFile, rm} from 'node:fs/promises';
import {dirname, join, sep} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';
import {loadWhenUsed} from './load-when-used.mjs';

const repository = dirname(dirname(fileURLToPath(import.meta.url)));
const packages = join(repository, 'node_modules');
const outdir = join(repository, 'dist/agent');
/** These read .proto files that lie in their own package, found from the place of their source. */
const protos = ['grpc-health-check/proto', '@grpc/reflection/build/proto/grpc'];

/** Gives them the copies beside the bundle: what was installed with npm may be gone. */
const protosBesideBundle = {
  name: 'protos-beside-bundle',
  setup: ({onLoad}) => {
    onLoad({filter: /node_modules\/(grpc-health-check|@grpc\/reflection)\/build\/.*\.js$/}, async ({path}) => {
      const place = JSON.stringify(
        `protos/${dirname(path)
          .slice(packages.length + 1)
          .split(sep)
          .join('/')}`,
      );
      const source = await readFile(path, 'utf8');
      return {contents: source.replaceAll('__dirname', `require('node:path').join(agentDirectory, ${place})`)};
    });
  },
};

/** @param shared esbuild's options for every program. */
export const bundleAgent = async shared => {
  // The compiled files would only be a second agent, which nobody runs.
  await rm(outdir, {recursive: true, force: true});
  const {plugin, buildBeside} = loadWhenUsed();
  await build({
    ...shared,
    entryPoints: [join(repository, 'agent/main.ts')],
    outdir,
    format: 'esm',
    // What is imported when somebody asks for it (health, reflection, metrics) is read from a file then.
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    plugins: [protosBesideBundle, plugin],
    // Packages in CommonJS load Node's own modules with it.
    banner: {
      js: "import {createRequire as makeRequire} from 'node:module'; const require = makeRequire(import.meta.url); const agentDirectory = import.meta.dirname.replace(/.chunks$/, '');",
    },
  });
  await buildBeside(shared, outdir);
  for (const directory of protos)
    await cp(join(packages, directory), join(outdir, 'protos', directory), {recursive: true});
  await chmod(join(outdir, 'main.js'), 0o755);
};
