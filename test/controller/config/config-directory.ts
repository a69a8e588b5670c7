import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {TestContext} from 'node:test';

/** A directory with these files, gone when the test ends. */
export const configDirectory = (t: TestContext, files: Readonly<Record<string, string>>): string => {
  const directory = mkdtempSync(join(tmpdir(), 'mha-helper-config-'));
  t.after(() => rmSync(directory, {recursive: true, force: true}));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return directory;
};
