import './quiet-aws.ts';
import {realpathSync} from 'node:fs';
import {dirname, join} from 'node:path';
import type {CommandEnvironment} from '../command/environment.ts';
import {cloudEnvironment} from './cloud-environment.ts';
import {end} from './end.ts';
import {pagerOf, showInPager} from './page.ts';

/** What the process gives a command: where the configuration is, its output, and what the terminal can show. */
export const commandEnvironment = (): CommandEnvironment => {
  const {env, stdout, stderr} = process;
  for (const stream of [stdout, stderr]) stream.on('error', endAtClosedPipe);
  return {
    configDirectory: env.MHA_HELPER_CONFIG_DIR || '/etc/mha-helper',
    cloudEnvironment: cloudEnvironment(),
    tell: line => void stdout.write(`${line}\n`),
    complain: line => void stderr.write(`${line}\n`),
    tellPaged: async lines => {
      const text = `${lines.join('\n')}\n`;
      const pager = lines.length < stdout.rows ? undefined : pagerOf(env, stdout.isTTY === true);
      if (pager === undefined || !(await showInPager(pager, text))) stdout.write(text);
    },
    startDelivery: async configDirectory => {
      const {startDelivery} = await import('../command/reports/start-delivery.ts');
      await startDelivery(configDirectory, [process.execPath, ...process.execArgv, program('deliver-reports')]);
    },
    ...(stdout.isTTY === true && env.TERM !== 'dumb' ? {draw: (text: string) => void stdout.write(text)} : {}),
    programDirectories: ['/usr/bin', '/usr/local/bin', ...(env.PATH ?? '').split(':').filter(path => path !== '')],
    terminal: {
      // asked each time: a window may change while a command watches
      get columns() {
        return Math.max(stdout.isTTY === true ? stdout.columns : 80, 60);
      },
      get rows() {
        return stdout.isTTY === true ? stdout.rows : Number.POSITIVE_INFINITY;
      },
      isPiped: stdout.isTTY !== true,
      hasColours: stdout.isTTY === true && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb',
      hasUnicode: /utf-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || ''),
    },
  };
};

/** A program that lies beside the one that runs: bundled, or as it was written. */
const program = (name: string): string => {
  const own = process.argv[1] ?? '';
  const directory = dirname(realpathSync(own));
  return join(directory, `${name}${own.endsWith('.ts') ? '.ts' : '.js'}`);
};

/** `mha-helper status | head -1`: whoever read has seen enough. */
const endAtClosedPipe = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
};

/** Ends the process once the reader has everything: open channels need not be closed one by one. */
export const endProcess = (code: number): void => {
  process.stdout.write('', () => process.stderr.write('', () => end(code)));
};
