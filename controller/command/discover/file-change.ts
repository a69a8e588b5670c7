import {randomUUID} from 'node:crypto';
import {chmod, chown, mkdir, open, readFile, realpath, rename, stat, unlink} from 'node:fs/promises';
import {dirname} from 'node:path';

/** A file as it is, and as it would be. */
export interface FileChange {
  readonly file: string;
  /** Undefined: it does not exist. */
  readonly before: string | undefined;
  /** The same as before: nothing is missing there. */
  readonly after: string;
  /** Of a new file. */
  readonly mode: number;
}

export const readIfThere = (file: string): Promise<string | undefined> =>
  readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new Error(`could not read ${file}: ${error.message}`, {cause: error});
  });

/** The text with more sections at its end, in its own line ends; what was there stays byte for byte. */
export const withSections = (before: string, sections: string): string => {
  const end = before.includes('\r\n') ? '\r\n' : '\n';
  const whole = before === '' || before.endsWith('\n') ? before : `${before}${end}`;
  const gap = whole === '' || /\n\r?\n$/.test(whole) ? '' : end;
  return `${whole}${gap}${sections.replaceAll('\n', end)}`;
};

/** As `diff -u` writes it. Only additions at the end are known here. */
export const renderDiff = ({file, before = '', after}: FileChange): readonly string[] => {
  if (before === after) return [];
  const [old, now] = [linesOf(before), linesOf(after)];
  // The last line is another one when it gets a line end.
  const kept = old.findIndex((line, index) => line !== now[index]);
  const same = kept === -1 ? old.length : kept;
  const context = old.slice(Math.max(0, same - 3), same);
  const [removed, added] = [old.slice(same), now.slice(same)];
  const start = same - context.length + 1;
  const range = (count: number): string => `${count === 0 ? 0 : start},${count}`;
  return [
    `--- ${before === '' ? '/dev/null' : file}`,
    `+++ ${file}`,
    `@@ -${range(context.length + removed.length)} +${range(context.length + added.length)} @@`,
    ...context.flatMap(line => mark(' ', line)),
    ...removed.flatMap(line => mark('-', line)),
    ...added.flatMap(line => mark('+', line)),
  ];
};

const linesOf = (text: string): readonly string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

const mark = (sign: string, line: string): readonly string[] =>
  line.endsWith('\n') ? [`${sign}${line.slice(0, -1)}`] : [`${sign}${line}`, '\\ No newline at end of file'];

/** Replaces the file in one step, with its mode and owner; a link stays a link. */
export const writeChange = async ({file, after, mode}: FileChange): Promise<void> => {
  const target = await realpath(file).catch(() => file);
  const known = await stat(target).catch(() => undefined); // a new file
  await mkdir(dirname(target), {recursive: true});
  const temporary = `${target}.${randomUUID()}.new`;
  try {
    const handle = await open(temporary, 'wx', mode);
    await handle.writeFile(after);
    await handle.datasync();
    await handle.close();
    if (known !== undefined) {
      await chown(temporary, known.uid, known.gid);
      await chmod(temporary, known.mode & 0o7777);
    }
    await rename(temporary, target);
  } catch (error) {
    await unlink(temporary).catch(() => undefined); // it may not have come into being
    throw new Error(`could not write ${file}: ${(error as Error).message}`, {cause: error});
  }
};
