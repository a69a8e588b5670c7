import {nameOf} from '../../failover/move.ts';
import type {Terminal} from '../environment.ts';
import {toLine} from '../terminal/plain.ts';
import {wrap} from '../terminal/wrap.ts';
import type {PlannedMove} from './plan-move.ts';

/** A switch that has not begun: from where to where, what speaks against it, and its steps. */
export const renderPlan = ({move, mha, findings, plans}: PlannedMove, terminal: Terminal): string[] => {
  const {cluster, oldMaster, newMaster, survey} = move;
  const followers = survey.hosts.filter(({config}) => config !== newMaster.config).map(nameOf);
  const between = [
    ['lock tables', nameOf(oldMaster), 'MHA: FLUSH TABLES WITH READ LOCK'],
    ['catch up', nameOf(newMaster), 'MHA: applies what is left'],
  ] as const;
  const after = [['follow', followers.join(', '), `MHA: replicate from ${nameOf(newMaster)}`]] as const;
  const [stop, start] = plans.map(plan => plan.steps.map(({name, hosts}) => [name, hosts.join(', '), ''] as const));
  return [
    `${cluster.name}: ${nameOf(oldMaster)} -> ${nameOf(newMaster)}, with ${mha.file}; nothing is changed`,
    ...[...(stop ?? []), ...between, ...(start ?? []), ...after].map(([step, hosts, what]) =>
      `       ${step.padEnd(14)} ${hosts.padEnd(12)} ${what}`.trimEnd(),
    ),
    ...renderFindings(findings, terminal),
  ];
};

/** Why the switch is refused, and what is worth knowing. */
export const renderFindings = ({problems, notes}: PlannedMove['findings'], terminal: Terminal): string[] => [
  ...problems.flatMap(text => hang(text, '  FAIL ', terminal)),
  ...notes.flatMap(text => hang(text, '  note ', terminal)),
  problems.length > 0 ? 'it would be refused' : 'nothing speaks against it',
];

const hang = (text: string, first: string, terminal: Terminal): string[] =>
  wrap(toLine(text, terminal), {width: terminal.columns, first, indent: '       '});

/** The same for programs. */
export const planJson = ({move, mha, findings, plans}: PlannedMove) => ({
  cluster: move.cluster.name,
  old_master: nameOf(move.oldMaster),
  new_master: nameOf(move.newMaster),
  mha_conf: mha.file,
  problems: findings.problems,
  notes: findings.notes,
  phases: plans.map(({name, steps}) => ({
    phase: name,
    steps: steps.map(step => ({step: step.name, hosts: step.hosts})),
  })),
});
