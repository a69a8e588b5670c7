import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';

/** Megabytes (2^20) of memory that a process has now. */
export const residentMib = (pid: number): number => {
  const kib = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kib) / 1024;
};

/** Milliseconds of a processor that a process has used. */
export const processorMs = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  const ticksPerSecond = 100;
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
};

/** Starts a program of this directory and waits for its first line. It ends with its stdin. */
export const startBeside = async (program: string, args: readonly string[]): Promise<Beside> => {
  const file = fileURLToPath(new URL(program, import.meta.url));
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', file, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  if (child.stdout === null) throw new Error(`${program} has no output`);
  const ended = once(child, 'exit');
  const said = once(createInterface(child.stdout), 'line');
  await Promise.race([said, ended.then(() => Promise.reject(new Error(`${program} ended before it was ready`)))]);
  return {
    end: async () => {
      child.stdin?.end();
      await ended;
    },
  };
};

export interface Beside {
  end(): Promise<void>;
}
