import type {HostState, StateChange} from '../../record/entry.ts';
import type {Outcome} from '../history/outcome.ts';
import {outageOf} from './outage.ts';
import {type PhaseTimeline, resultOf, type StepTimeline, type Timeline, workedMs} from './timeline.ts';

/** All that the record says, for programs. Keys are snake_case; times are milliseconds since 1970; unknown is null. */
export const showJson = (timeline: Timeline, outcome: Outcome) => {
  const {record, phases, hosts, guard, oldMaster, missing} = timeline;
  const {head, path} = record;
  return {
    id: head.id,
    cluster: head.cluster,
    epoch: head.epoch,
    kind: head.kind,
    result: outcome,
    old_master: head.oldMaster,
    new_master: head.newMaster ?? null,
    started_ms: head.startedMs,
    by: head.by ?? null,
    version: head.version,
    hosts: hosts.map(({host, agent, server}) => ({host, agent_version: agent, server_version: server})),
    hooks_ms: workedMs(timeline),
    write_outage: outageJson(timeline),
    old_master_is: oldMaster === undefined ? null : {fencing: oldMaster.fencing, because: oldMaster.because},
    guard: guard === undefined ? null : {pid: guard.pid, mha_pid: guard.mha.pid},
    phases: phases.map(phaseJson),
    missing,
    record: path,
  };
};

export const outageJson = (timeline: Timeline) => {
  const outage = outageOf(timeline);
  if (outage === undefined) return null;
  const {beganMs, endMs, from, to} = outage;
  return {
    began_ms: beganMs,
    end_ms: endMs ?? null,
    duration_ms: endMs === undefined ? null : endMs - beganMs,
    from,
    to: endMs === undefined ? null : to,
  };
};

const phaseJson = (phase: PhaseTimeline) => ({
  phase: phase.name,
  pid: phase.pid,
  began_ms: phase.beganMs,
  plan_began_ms: phase.atMs,
  end_ms: phase.end?.atMs ?? null,
  result: resultOf(phase),
  exit_code: phase.end?.exitCode ?? null,
  not_put_back: phase.end?.notPutBack ?? [],
  steps: phase.steps.map(stepJson),
});

const stepJson = ({step, hosts, result, startMs, durationMs, did, notes, states = []}: StepTimeline) => ({
  step,
  hosts,
  result,
  began_ms: startMs,
  duration_ms: durationMs,
  did,
  notes,
  states: states.map(changeJson),
});

const changeJson = ({host, before, after}: StateChange) => ({
  host,
  before: before === undefined ? null : stateJson(before),
  after: after === undefined ? null : stateJson(after),
});

const stateJson = (state: HostState) => ({
  read_only: state.readOnly ?? null,
  super_read_only: state.superReadOnly ?? null,
  event_scheduler: state.eventScheduler ?? null,
  application_threads: state.applicationThreads ?? null,
  binlog_position: state.binlogPosition ?? null,
  vips: state.vips ?? null,
});
