import {CommandFailed, type RunningCommand} from './command.ts';
import {packageOf, type ToolName, type Tools} from './tools.ts';

export interface User {
  readonly uid: number;
  readonly username: string;
}

/** Root needs none, whatever the configuration asks for. */
export const needsSudo = (asked: boolean, user: User): boolean => asked && user.uid !== 0;

/** The line of /etc/sudoers.d/mha-helper that lets the agent do its work and nothing else. */
export const sudoersLine = (tools: Tools, user: User): string => {
  // setpriv starts other programs: with it in the line, anything could be run as root
  const {sudo: _sudo, setpriv: _setpriv, ...paths} = tools.paths;
  return `${user.username} ALL=(root) NOPASSWD: ${Object.values(paths).join(', ')}`;
};

/** A tool that is not on this host. */
export const notInstalled = (tool: ToolName, args: readonly string[]): CommandFailed =>
  new CommandFailed({file: tool, args}, {stderr: 'not installed', hint: `install the package ${packageOf[tool]}`});

/** sudo is asked for, and there is none. */
export const withoutSudo = (
  command: {file: string; args: readonly string[]},
  tools: Tools,
  user: User,
): CommandFailed =>
  new CommandFailed(command, {
    stderr: 'requires_sudo = yes, but sudo is not installed',
    hint: `install sudo and add to /etc/sudoers.d/mha-helper: ${sudoersLine(tools, user)} (or give the agent CAP_NET_ADMIN and CAP_NET_RAW and set requires_sudo = no)`,
  });

/**
 * What to do about a command that failed behind sudo: nothing if sudo let it through, else the line it wants.
 * sudo's exit code 1 may as well be the command's own, so sudo is asked whether it would run the file at all.
 */
export const sudoHint = async (
  tools: Tools,
  user: User,
  file: string,
  startSudo: (args: readonly string[]) => RunningCommand,
): Promise<string> => {
  const answer = await startSudo(['-n', '-l', file]).finished;
  return answer.exitCode === 0 ? '' : `sudo refuses: add to /etc/sudoers.d/mha-helper: ${sudoersLine(tools, user)}`;
};
