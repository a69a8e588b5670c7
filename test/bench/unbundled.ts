import {execFile} from 'node:child_process';
import {rm} from 'node:fs/promises';
import {join} from 'node:path';
import {promisify} from 'node:util';

const repository = join(import.meta.dirname, '../..');

/** Compiles agent and controller as they would be without their bundles, and answers where they are. `remove` it. */
export const compileUnbundled = async (): Promise<{readonly directory: string; remove(): Promise<void>}> => {
  const outDir = join(repository, '.cache/unbundled');
  const tsc = join(repository, 'node_modules/.bin/tsc');
  await promisify(execFile)(tsc, ['-p', 'tsconfig.build.json', '--outDir', outDir], {cwd: repository});
  return {
    directory: outDir,
    remove: () => rm(outDir, {recursive: true, force: true}),
  };
};
