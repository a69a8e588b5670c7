import {appendFile} from 'node:fs/promises';
import {createInterface} from 'node:readline';
import {enterAll} from '../hosts.ts';
import type {Lab} from '../lab.ts';
import {startGroup} from '../run.ts';
import {createMhaReader} from './read-mha.ts';

export interface MhaStage {
  readonly lab: Pick<Lab, 'pidOf'>;
  /** Where all that MHA says goes. */
  readonly logFile: string;
  readonly showHook: (line: string) => void;
  readonly showPhase: (text: string) => void;
}

/**
 * Runs one of MHA's programs on the manager. Our hooks' lines are shown as they come, the rest goes into the log. Answers how long
 * it waited for our hooks, in ms. Throws when it fails.
 */
export const runMha = async (
  {lab, logFile, showHook, showPhase}: MhaStage,
  argv: readonly string[],
): Promise<number> => {
  await appendFile(logFile, `\n# ${argv.join(' ')}\n`);
  // One pipe for both streams keeps their order.
  const merged = ['sh', '-c', 'exec "$@" 2>&1', 'sh', ...argv];
  const child = startGroup([...enterAll(lab.pidOf('mgr')), ...merged], undefined, ['pipe', 'pipe', 'inherit']);
  if (child.stdout === null) throw new Error('MHA has no pipe');
  // Hooks and MHA find end of file there, as under cron.
  child.stdin?.end();
  const ended = new Promise<number | null>((resolve, reject) => child.on('exit', resolve).on('error', reject));
  const reader = createMhaReader();
  for await (const line of createInterface({input: child.stdout})) {
    await appendFile(logFile, `${line}\n`);
    const told = reader.read(line);
    if (told?.kind === 'hook') showHook(told.text);
    if (told?.kind === 'phase') showPhase(told.text);
  }
  const code = await ended;
  if (code !== 0) throw new Error(`${argv[0]} ended with exit code ${code}; what MHA said is in ${logFile}`);
  return reader.hookMs;
};
