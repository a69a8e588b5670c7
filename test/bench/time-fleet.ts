import {execFile} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import type {Fleet} from '../fixtures/fleet.ts';

const program = fileURLToPath(new URL('../../dist/controller/bin/mha-helper.js', import.meta.url));

/** Milliseconds that `mha-helper status` takes as a whole process. Throws when it did not find everybody healthy. */
export const timeStatus = (fleet: Fleet, allowed: readonly number[] = [0]): Promise<number> => {
  const startedMs = performance.now();
  const options = {env: {...process.env, MHA_HELPER_CONFIG_DIR: fleet.configDirectory}, maxBuffer: 2 ** 26};
  return new Promise((resolve, reject) =>
    execFile(process.execPath, [program, 'status'], options, (error, out) => {
      const tookMs = performance.now() - startedMs;
      if (allowed.includes(Number(error?.code ?? 0))) resolve(tookMs);
      else reject(new Error(`status found something else than was built: ${out.split('\n')[0]}`));
    }),
  );
};
