import {cloudFindings} from './cloud-findings.ts';
import {type Move, nameOf} from './move.ts';
import type {StartKnowledge} from './online.ts';
import {type Findings, sayMissingGrants, sayNoMysqld} from './preflight-stop.ts';
import {type HostReport, instanceOf, reportOf, vipsOf} from './survey.ts';

/**
 * Judges the survey before an online start. Two writable masters are the one thing that must never be: the old one is
 * seen demoted and without VIP, or this failover's own record says so and its host has become unreachable since.
 */
export const startProblems = (move: Move, known: StartKnowledge): Findings => {
  const {oldMaster, newMaster, survey} = move;
  if (nameOf(oldMaster) === nameOf(newMaster))
    return {problems: [`${nameOf(oldMaster)} is old and new master at once`], notes: []};
  const all = [
    judgeOld(move, known, reportOf(survey, oldMaster.config)),
    judgeNew(move, reportOf(survey, newMaster.config)),
  ];
  const {elsewhere, unasked} = cloudFindings(move.vip, survey, newMaster);
  return {
    problems: [...all.flatMap(one => one.problems), ...elsewhere],
    notes: [...all.flatMap(one => one.notes), ...unasked],
  };
};

const judgeOld = ({oldMaster, vip}: Move, {recorded}: StartKnowledge, report: HostReport): Findings => {
  const name = nameOf(oldMaster);
  const instance = instanceOf(report);
  if (report.status !== undefined && vip.isHeldBy(vipsOf(report, vip.cidrs)))
    return {problems: [`${name} still holds ${vip.name}; run the stop phase first`], notes: []};
  if (instance?.reachable === true) {
    if (instance.readOnly) return {problems: [], notes: []};
    return {problems: [`${name} is still writable; run the stop phase first`], notes: []};
  }
  const silence = report.error?.message ?? `mysqld on ${name} does not answer`;
  if (recorded !== undefined && recorded.fencing !== 'unknown')
    return {
      problems: [],
      notes: [`${name} cannot be asked any more (${silence}); this failover's record says: ${recorded.because}`],
    };
  return {
    problems: [`nobody can say that ${name} is read-only: ${silence}; and this failover has no record of it`],
    notes: [],
  };
};

const judgeNew = ({newMaster}: Move, report: HostReport): Findings => {
  const name = nameOf(newMaster);
  if (report.error !== undefined) return {problems: [report.error.message], notes: []};
  const instance = instanceOf(report);
  if (instance?.reachable !== true) return {problems: [sayNoMysqld(name, instance)], notes: []};
  return {problems: sayMissingGrants(name, instance), notes: instance.readOnly ? [] : [`${name} is writable already`]};
};
