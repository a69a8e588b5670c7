import {readFileSync} from 'node:fs';

/**
 * A point at which a test may break a process: before and after every step of a plan (controller) and every intent
 * (agent), named `<purpose>/before <step>` or `<purpose>/after <step>`, for example `online stop/after demote`.
 */
export type FaultPoint = (name: string) => void;

/** What production runs with. */
export const noFaults: FaultPoint = () => {};

/**
 * Fault points for tests, from the file that the environment variable MHA_HELPER_FAULTS named when the process began:
 * one JSON object, `{"online stop/before commit": "kill"}`. It is read at every point, so that a test can change its
 * mind. Nothing that comes over the wire can set it. `*` stands for every name: `{"hard stop/after *": "kill"}`.
 *
 * kill: SIGKILL to ourselves. stop: SIGSTOP; the test does what it wants, then sends SIGCONT. fail: an error.
 */
export const faultsFrom = (file: string | undefined): FaultPoint => {
  if (file === undefined || file === '') return noFaults;
  return name => {
    const actions = readActions(file);
    const action = actions[name] ?? actions[name.replace(/(\/\w+ ).*/, '$1*')];
    if (action === 'kill') process.kill(process.pid, 'SIGKILL');
    if (action === 'stop') process.kill(process.pid, 'SIGSTOP');
    if (action === 'fail') throw new Error(`fault injected at "${name}"`);
  };
};

const readActions = (file: string): Readonly<Record<string, string>> => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
  } catch {
    return {}; // no file, no faults: the test has not asked for any yet
  }
};
