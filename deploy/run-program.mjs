// Runs the program of a launcher, with what V8 compiled of it when it was built. Compiling it anew costs some 20 ms, and every
// millisecond of a hook is write downtime.
import {pathToFileURL} from 'node:url';
import vm from 'node:vm';
import {openCodeCache} from './code-cache.mjs';

/** @param program as readProgram returns it. @param launcher file that was started. @param require the launcher's own. */
export const runProgram = ({filename, source, cache}, launcher, require) => {
  const script = new vm.Script(source, {filename, cachedData: openCodeCache(cache, source)});
  script.runInThisContext()(require, {exports: {}}, pathToFileURL(launcher).href);
};
