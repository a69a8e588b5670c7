// An exception that nobody caught is a bug of ours: whoever reports it needs the places in the source, not in the bundle.
import {readFileSync} from 'node:fs';
import {programOf} from './program.mjs';

/** What to do with one, in the process of this launcher. Ends it like Node would, with 1: MHA stops the failover. */
export const explainCrash = launcher => error => {
  const stack = String(error?.stack ?? error);
  process.stdout.write(`mha-helper: internal error, please report it: ${mapStack(stack, programOf(launcher))}\n`, () =>
    process.exit(1),
  );
};

/** The stack with the places in the program replaced by those in its source; as it is where there is no map. */
export const mapStack = (stack, program) => {
  try {
    const {SourceMap} = process.getBuiltinModule('node:module'); // here: a hook that does not crash does without
    const map = new SourceMap(JSON.parse(readFileSync(`${program}.map`, 'utf8')));
    return stack.replaceAll(/\(?([^\s(]+):(\d+):(\d+)\)?/g, (place, file, line, column) => {
      if (file !== program) return place;
      const {originalSource, originalLine, originalColumn} = map.findEntry(line - 1, column - 1);
      if (originalSource === undefined) return place;
      return `(${originalSource.replace(/^(\.\.\/)+/, '')}:${originalLine + 1}:${originalColumn + 1})`;
    });
  } catch {
    return stack;
  }
};
