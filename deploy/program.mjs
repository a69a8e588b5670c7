// The program that lies beside a launcher.
import {readFileSync} from 'node:fs';

/** Where it lies. */
export const programOf = launcher => launcher.replace(/\.cjs$/, '.program.cjs');

/** As it is now, with what V8 compiled of it, if that is there. Whoever runs it later runs this one, whatever is installed meanwhile. */
export const readProgram = launcher => {
  const filename = programOf(launcher);
  const source = readFileSync(filename, 'latin1'); // the build writes nothing but ASCII
  return {filename, source, cache: readIfThere(`${filename}.cache`)};
};

const readIfThere = file => {
  try {
    return readFileSync(file);
  } catch {
    return undefined; // no cache is slower, not wrong
  }
};
