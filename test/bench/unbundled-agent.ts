import {execFile} from 'node:child_process';
import {rm} from 'node:fs/promises';
import {join} from 'node:path';
import {promisify} from 'node:util';

const repository = join(import.meta.dirname, '../..');

/** Compiles the agent as it would be without the bundle, and answers its program. `remove` it. */
export const compileUnbundled = async (): Promise<{readonly program: string; remove(): Promise<void>}> => {
  const outDir = join(repository, '.cache/unbundled');
  const tsc = join(repository, 'node_modules/.bin/tsc');
  await promisify(execFile)(tsc, ['-p', 'tsconfig.build.json', '--outDir', outDir], {cwd: repository});
  return {
    program: join(outDir, 'agent/main.js'),
    remove: () => rm(outDir, {recursive: true, force: true}),
  };
};
