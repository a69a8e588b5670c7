// cache-code.mjs PROGRAM: what V8 compiles of a bundled hook while it loads, into the cache beside it. To be run by the
// Node.js of the package, with --random-seed=1. The build's own cache comes from a rehearsal over the network, which keeps
// more and never twice the same: a package must come out the same, and that costs a hook some 9 ms of the 28 that a cache
// saves.
import {writeFileSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {createRequire} from 'node:module';
import {pathToFileURL} from 'node:url';
import v8 from 'node:v8';
import vm from 'node:vm';
import {sealCodeCache} from '../code-cache.mjs';

// What depends on timing leaves traces in the cache. A cache also names the flags it was made with, and other flags refuse
// it: so all are as usual again before it is made.
const timed = [
  'concurrent-sparkplug',
  'concurrent-recompilation',
  'concurrent-osr',
  'opt',
  'maglev',
  'sparkplug',
  'flush-bytecode',
];
for (const flag of timed) v8.setFlagsFromString(`--no-${flag}`);

const filename = process.argv[2];
const source = await readFile(filename, 'utf8');
const script = new vm.Script(source, {filename});
const run = script.runInThisContext();
const {exit} = process;
// Without arguments a hook complains and ends; how it does is of no interest here.
Object.assign(process, {exit: () => {}, argv: [process.execPath, filename]});
Object.assign(process.stdout, {write: () => true});
const url = pathToFileURL(filename).href;
run(createRequire(url), {exports: {}}, url);
for (const flag of timed) v8.setFlagsFromString(`--${flag}`);
writeFileSync(`${filename}.cache`, sealCodeCache(source, script.createCachedData()));
exit(0);
