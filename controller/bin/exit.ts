import './quiet-aws.ts';
import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {faultsFrom} from '../../proto/fault-points.ts';
import type {HookEnvironment} from '../hook/run-hook.ts';
import {cloudEnvironment} from './cloud-environment.ts';
import {end} from './end.ts';

const configDirectory = process.env.MHA_HELPER_CONFIG_DIR ?? '/etc/mha-helper';

/**
 * What the process gives a hook: arguments, where the configuration is, and MHA's log.
 * @param program URL of the file that MHA started; the guard's program lies beside it.
 */
export const environment = (program: string): HookEnvironment => ({
  argv: process.argv.slice(2),
  configDirectory,
  cloudEnvironment: cloudEnvironment(),
  faultPoint: faultsFrom(process.env.MHA_HELPER_FAULTS),
  startGuard: async (cluster, recordPath) => {
    const {spawnGuard} = await import('../guard/spawn-guard.ts');
    const command = beside(program, 'guard.cjs');
    return spawnGuard({program: command, parent: process.ppid, configDirectory, cluster, recordPath});
  },
  startStarter: async ({hook, oldMaster, newMaster}) => {
    const {spawnStarter} = await import('../starter/spawn-starter.ts');
    const starter = {program: beside(program, 'starter.cjs'), parent: process.ppid};
    return spawnStarter({...starter, configDirectory, hook, command: ownCommand(), oldMaster, newMaster});
  },
  startMetrics: async cluster => {
    const {startWriter} = await import('../metrics/start-writer.ts');
    await startWriter(beside(program, 'write-metrics.js'), configDirectory, cluster);
  },
  tell: line => {
    process.stdout.write(`${line}\n`);
  },
  endBy: ms => {
    const giveUp = () => {
      process.stdout.write(
        `mha-helper: gave up after ${ms} ms: something hangs beyond its deadline; state unknown, see mha-helper status\n`,
      );
      end(1);
    };
    setTimeout(giveUp, ms - performance.now()).unref();
  },
});

/** Ends the process once MHA's log has everything: open channels need not be closed one by one. */
export const exitWith = (code: number): void => {
  process.stdout.write('', () => end(code));
};

/** What the kernel shows of this process before its arguments: so it will be with the next hook that MHA runs. */
const ownCommand = (): readonly string[] => {
  const all = readFileSync('/proc/self/cmdline', 'utf8').split('\0').slice(0, -1);
  return all.slice(0, all.length - (process.argv.length - 2));
};

/** The command line of another program in the directory of this one. */
const beside = (program: string, file: string): readonly string[] => [
  process.execPath,
  ...process.execArgv,
  fileURLToPath(new URL(program.endsWith('.ts') ? file.replace(/\.c?js$/, '.ts') : file, program)),
];
