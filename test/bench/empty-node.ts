import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {residentMib} from './processes.ts';

/** Memory of a Node that does nothing: the floor of everything written for it. */
export const emptyNodeMib = async (): Promise<number> => {
  const program = "process.stdout.write('up'); process.stdin.resume()";
  const child = spawn(process.execPath, ['-e', program], {stdio: ['pipe', 'pipe', 'inherit']});
  await once(child.stdout, 'data');
  const mib = residentMib(child.pid ?? 0);
  const ended = once(child, 'exit');
  child.stdin.end();
  await ended;
  return mib;
};
