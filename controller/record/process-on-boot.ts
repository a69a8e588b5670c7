import {readFileSync} from 'node:fs';
import type {ProcessIdentity} from './entry.ts';
import {identifyProcess, readStat} from './process-stat.ts';

/** A process, named so that no later one is taken for it: not another with its pid, and not one after a reboot. */
export interface ProcessOnBoot extends ProcessIdentity {
  readonly bootId: string;
}

/** Throws when there is no such process, or only what is left of it until its parent asks. */
export const identify = (pid: number): ProcessOnBoot => ({...identifyProcess(pid), bootId: readBootId()});

export const isAlive = ({pid, startTime, bootId}: ProcessOnBoot): boolean =>
  readStat(pid)?.startTime === startTime && readBootId() === bootId;

const readBootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
