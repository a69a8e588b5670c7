import type {FailoverHead, StepAccount} from '../record/entry.ts';
import type {Plan} from './plan.ts';
import type {PhaseAccount} from './run-plan.ts';

/** What a person reads in MHA's log: plain text, one line per step, nothing wider than it must be. */
export const sayBegin = (phase: string, {cluster, id, oldMaster, newMaster}: FailoverHead): string =>
  `mha-helper: ${phase} of cluster ${cluster}, failover ${id}: ${short(oldMaster)}${newMaster === undefined ? '' : ` -> ${short(newMaster)}`}`;

export const sayStep = ({step, hosts, result, durationMs, did, notes}: StepAccount): string[] => {
  const mark = result === 'ok' ? 'ok  ' : 'FAIL';
  const [first = '', ...more] = result === 'ok' ? [did] : did.split('; ');
  return [
    `  ${mark} ${step.padEnd(14)} ${hosts.join(', ').padEnd(12)} ${`${durationMs} ms`.padStart(8)}  ${first}`,
    ...more.map(line => `         ${line}`),
    ...notes.map(note => `         note: ${note}`),
  ];
};

export const sayEnd = ({name}: Plan, {result, notPutBack}: PhaseAccount, durationMs: number): string[] => [
  `mha-helper: ${name} ${ending(result, notPutBack)} after ${Math.round(durationMs)} ms`,
  ...notPutBack.map(line => `  NOT PUT BACK: ${line}`),
];

const ending = (result: PhaseAccount['result'], notPutBack: readonly string[]): string => {
  if (result === 'done') return 'done and verified';
  if (result === 'incomplete') return 'INCOMPLETE: something is missing, see FAIL above; what was done is kept';
  return notPutBack.length === 0 ? 'FAILED; everything is as it was' : 'FAILED, and NOT everything is as it was';
};

/** MySQL's own port says nothing. */
const short = (name: string): string => name.replace(/:3306$/, '');
