import {cpus, loadavg, release} from 'node:os';

/** What the numbers of a bench without a lab were measured on, in one line. */
export const machineLine = (...servers: readonly string[]): string => {
  const [processor] = cpus();
  const parts = [
    `${cpus().length} cores (${processor?.model.trim()})`,
    `Linux ${release()}`,
    `Node ${process.versions.node}`,
  ];
  return `Machine: ${[...parts, ...servers].join(', ')}; load ${(loadavg()[0] ?? Number.NaN).toFixed(1)}.`;
};
