import type {InstanceStatus} from '../../../proto/gen/mha_helper/v1/agent.ts';
import {packageVersion} from '../../../proto/version.ts';
import {nameOf} from '../../failover/move.ts';
import {type HostReport, instanceOf} from '../../failover/survey.ts';
import {daysUntil, sayEnd} from '../status/judge-host.ts';
import {type Finding, fail, failure, note, ok} from './finding.ts';

/** More would make the times in logs and records contradict each other. */
const clockLimitMs = 2000;

/** What one host needs: an agent that is the right one, a clock, an mysqld and an account that may do the work. */
export const checkHost = (report: HostReport, nowMs: number): readonly Finding[] => {
  if (report.status === undefined) return [failure(report.error ?? new Error(`${report.config.name}: no answer`))];
  return [
    ...checkAgent(report, nowMs),
    ...checkClock(report),
    ...checkInstance(report),
    ...report.status.warnings.map(warning => fail(`agent on ${report.config.name}: ${warning}`)),
  ];
};

const checkAgent = ({config, status}: HostReport, nowMs: number): readonly Finding[] => {
  if (status === undefined) return [];
  const end = sayEnd(status.certificateNotAfterMs, nowMs);
  const days = daysUntil(status.certificateNotAfterMs, nowMs);
  const agent = `agent on ${config.name}`;
  return [
    end === undefined
      ? ok(`${agent}: version ${status.agentVersion}, certificate ${days} days`)
      : fail(
          `${agent}: its certificate ${end}`,
          `replace it: mha-helper pki renew agent/${config.name}; the agent reads it without a restart`,
        ),
    ...(status.agentVersion === packageVersion
      ? []
      : [note(`${agent} is version ${status.agentVersion}, this is ${packageVersion}`, 'upgrade the older')]),
  ];
};

const checkClock = ({config, clockAheadMs}: HostReport): readonly Finding[] => {
  if (clockAheadMs === undefined || Math.abs(clockAheadMs) <= clockLimitMs) return [];
  const seconds = (Math.abs(clockAheadMs) / 1000).toFixed(1);
  const direction = clockAheadMs > 0 ? 'ahead of' : 'behind';
  return [fail(`the clock of ${config.name} is ${seconds} s ${direction} ours`, 'let NTP set both')];
};

const checkInstance = (report: HostReport): readonly Finding[] => {
  const instance = instanceOf(report);
  const {name, port} = report.config;
  if (instance === undefined)
    return [
      fail(`the agent on ${name} does not know port ${port}`, `add a section [instance:${port}] to agent.ini there`),
    ];
  const shown = nameOf(report);
  if (!instance.reachable)
    return [
      fail(`mysqld on ${shown} does not answer its agent: ${instance.error}`, 'is it up, and is agent.ini right?'),
    ];
  return [...checkAccount(shown, instance), ...checkSuperReadOnly(shown, report, instance)];
};

const checkAccount = (name: string, {missingGrants, error, version}: InstanceStatus): readonly Finding[] => [
  ...(error === '' ? [] : [fail(`${name} does not tell everything: ${error}`)]),
  missingGrants.length === 0
    ? ok(`mysqld on ${name}: the agent's account has every privilege (${version})`)
    : fail(`mysqld on ${name}: the agent's account lacks privileges`, `run there: ${missingGrants.join(' ')}`),
];

const checkSuperReadOnly = (name: string, {config}: HostReport, {superReadOnly}: InstanceStatus): readonly Finding[] =>
  config.superReadOnly && superReadOnly === undefined
    ? [note(`super_read_only = yes, but ${name} has no such variable`, 'read_only is used, and writers are killed')]
    : [];
