// Runs the hook program that lies beside the launcher, with what V8 compiled of it when it was built. Compiling it anew costs
// some 20 ms, and every millisecond of a hook is write downtime.
import {readFileSync} from 'node:fs';
import {pathToFileURL} from 'node:url';
import vm from 'node:vm';
import {readCodeCache} from './code-cache.mjs';
import {programOf} from './program-of.mjs';

/** @param launcher file that MHA started. @param require the launcher's own. */
export const runProgram = (launcher, require) => {
  const filename = programOf(launcher);
  const source = readFileSync(filename, 'latin1'); // the build writes nothing but ASCII
  const script = new vm.Script(source, {filename, cachedData: readCodeCache(`${filename}.cache`, source)});
  script.runInThisContext()(require, {exports: {}}, pathToFileURL(launcher).href);
};
