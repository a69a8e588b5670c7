import {appendFile} from 'node:fs/promises';
import {createInterface} from 'node:readline';
import {enterAll} from '../hosts.ts';
import type {Lab} from '../lab.ts';
import {startGroup} from '../run.ts';

export interface MhaStage {
  readonly lab: Pick<Lab, 'pidOf'>;
  /** Where all that MHA says goes. */
  readonly logFile: string;
  readonly showHook: (line: string) => void;
}

/** Runs one of MHA's programs on the manager. Our hooks' lines are shown as they come, the rest goes into the log. Throws when it fails. */
export const runMha = async ({lab, logFile, showHook}: MhaStage, argv: readonly string[]): Promise<void> => {
  await appendFile(logFile, `\n# ${argv.join(' ')}\n`);
  // One pipe for both streams keeps their order.
  const merged = ['sh', '-c', 'exec "$@" 2>&1', 'sh', ...argv];
  const child = startGroup([...enterAll(lab.pidOf('mgr')), ...merged], undefined, ['pipe', 'pipe', 'inherit']);
  if (child.stdout === null) throw new Error('MHA has no pipe');
  // Hooks and MHA find end of file there, as under cron.
  child.stdin?.end();
  const ended = new Promise<number | null>((resolve, reject) => child.on('exit', resolve).on('error', reject));
  const isOurs = ourLines();
  for await (const line of createInterface({input: child.stdout})) {
    await appendFile(logFile, `${line}\n`);
    if (isOurs(line)) showHook(line);
  }
  const code = await ended;
  if (code !== 0) throw new Error(`${argv[0]} ended with exit code ${code}; what MHA said is in ${logFile}`);
};

/** Tells our hooks' lines from MHA's own, line by line. */
const ourLines = (): ((line: string) => boolean) => {
  let isInside = false;
  return line => {
    const isMarked = /^(mha-helper|master_\w+): /.test(line);
    if (isMarked) isInside = !/ after \d+ ms$/.test(line);
    else if (mhaStamp.test(line)) isInside = false;
    return isMarked || (isInside && line.trim() !== '' && !line.startsWith('ssh: '));
  };
};

const mhaStamp = /^\w{3} \w{3} .\d \d\d:\d\d:\d\d \d{4} - \[/;
