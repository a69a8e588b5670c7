#!/usr/bin/env node
// Starts the hook program that lies beside this file, with what V8 compiled of it when it was built. Compiling it anew costs
// some 20 ms, and every millisecond of a hook is write downtime.
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {fileURLToPath} from 'node:url';
import vm from 'node:vm';
import {readCodeCache} from './code-cache.mjs';

const filename = fileURLToPath(import.meta.url).replace(/\.js$/, '.cjs');
const source = readFileSync(filename, 'utf8');
const script = new vm.Script(source, {
  filename,
  cachedData: readCodeCache(`${filename}.cache`, source),
});
script.runInThisContext()(createRequire(import.meta.url), {exports: {}}, import.meta.url);
