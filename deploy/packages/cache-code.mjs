// cache-code.mjs PROGRAM PLACE: what V8 compiles of a bundled hook while it loads, into the cache beside it. To be run by the
// Node.js of the package, with --random-seed=1. The build's own cache comes from a rehearsal over the network, which keeps
// more and never twice the same: a package must come out the same, and that costs a hook some 9 ms of the 28 that a cache
// saves. The cache contains where a program was: PLACE is where it will be on every host.
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

const [, , filename, place] = process.argv;
const source = await readFile(filename, 'latin1');
const script = new vm.Script(source, {filename: place});
const run = script.runInThisContext();
const {exit} = process;
// Without arguments a hook complains and ends; how it does is of no interest here.
Object.assign(process, {exit: () => {}, argv: [process.execPath, place]});
Object.assign(process.stdout, {write: () => true});
const url = pathToFileURL(place).href;
run(createRequire(url), {exports: {}}, url);
for (const flag of timed) v8.setFlagsFromString(`--${flag}`);
writeFileSync(`${filename}.cache`, sealCodeCache(source, script.createCachedData()));
exit(0);
