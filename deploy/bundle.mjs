#!/usr/bin/env node
// bundle.mjs: makes one file of each command in dist/controller/bin. MHA starts a new process for every phase, and finding and
// compiling a hundred small files would be most of what a hook does. And of the agent. `tsc` has built dist/ before.
import {chmod, readdir, readFile, rm} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';
import {bundleAgent} from './bundle-agent.mjs';
import {bundleHooks, hooks} from './bundle-hooks.mjs';

const repository = dirname(dirname(fileURLToPath(import.meta.url)));
const commands = join(repository, 'controller/bin');
const outdir = join(repository, 'dist/controller/bin');

const isCommand = async source => (await readFile(source, 'utf8')).startsWith('#!');
const sources = (await readdir(commands))
  .filter(name => name.endsWith('.ts') && !hooks.includes(basename(name, '.ts')))
  .map(name => join(commands, name));
const entryPoints = [];
for (const source of sources) if (await isCommand(source)) entryPoints.push(source);

await rm(outdir, {recursive: true, force: true});
const shared = {
  bundle: true,
  platform: 'node',
  target: 'node20.20',
  // Names stay: an error's words and a profile must mean something.
  minifyWhitespace: true,
  minifySyntax: true,
  // Large, and loaded only where vip_type = aws asks for it.
  external: ['@aws-sdk/*'],
  logLevel: 'warning',
};
await build({
  ...shared,
  entryPoints,
  outdir,
  // What a phase does not need stays in files of its own, which are read only when they are imported.
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  format: 'esm',
  // Packages in CommonJS load Node's own modules with it.
  banner: {
    js: "import {createRequire as makeRequire} from 'node:module'; const require = makeRequire(import.meta.url);",
  },
});
for (const source of entryPoints) await chmod(join(outdir, basename(source).replace('.ts', '.js')), 0o755);
await bundleHooks(shared, outdir);
await bundleAgent(shared);
