import {readFile} from 'node:fs/promises';

/** This boot of the kernel, and its monotonic clock: both survive the agent, neither survives a reboot. */
export interface BootTime {
  readonly bootId: string;
  /** CLOCK_MONOTONIC in milliseconds: steps of the wall clock do not move it. */
  readonly bootMs: number;
}

export const readBootTime = async (): Promise<BootTime> => ({
  bootId: (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim(),
  bootMs: Number(process.hrtime.bigint() / 1_000_000n),
});
