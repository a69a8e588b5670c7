// Runs the hook program that lies beside the launcher, with what V8 compiled of it when it was built. Compiling it anew costs
// some 20 ms, and every millisecond of a hook is write downtime.
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {fileURLToPath} from 'node:url';
import vm from 'node:vm';
import {readCodeCache} from './code-cache.mjs';

/** @param launcher URL of the file that MHA started. */
export const runProgram = launcher => {
  const filename = fileURLToPath(launcher).replace(/\.js$/, '.cjs');
  const source = readFileSync(filename, 'utf8');
  const script = new vm.Script(source, {
    filename,
    cachedData: readCodeCache(`${filename}.cache`, source),
  });
  script.runInThisContext()(createRequire(launcher), {exports: {}}, launcher);
};
