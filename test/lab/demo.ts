import {parseArgs} from 'node:util';
import {play} from './demo/play.ts';
import {createScreen} from './demo/screen.ts';

const usage = `npm run demo [-- --json]
  Real MHA switches and fails over three MariaDB servers through this build, in network namespaces of this machine.
  --json   progress on standard error; last line of standard output: the numbers
Exit code 0: every promise was kept. 1: one was broken, or the demo could not run.
`;

const main = async (): Promise<number> => {
  const {values} = parseArgs({options: {json: {type: 'boolean', default: false}, help: {type: 'boolean', short: 'h'}}});
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  if (process.getuid?.() !== 0) throw new Error('it needs root, to make network namespaces: run it with sudo');
  const stream = values.json ? process.stderr : process.stdout;
  const {env} = process;
  const hasColours = stream.isTTY === true && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb';
  const terminal = {columns: 80, isPiped: stream.isTTY !== true, hasColours, hasUnicode: false};
  const {numbers, broken} = await play(createScreen(terminal, line => void stream.write(`${line}\n`)));
  if (values.json) process.stdout.write(`${JSON.stringify(numbers)}\n`);
  return broken.length === 0 ? 0 : 1;
};

// The lab ends with this process (lab.ts); whoever pressed Ctrl-C should read that.
const onInterrupt = (): void => {
  process.stderr.write('\ndemo: stopped; nothing of it is left behind but the log\n');
  // Before there is a lab nobody else listens.
  if (process.listenerCount('SIGINT') === 0) process.kill(process.pid, 'SIGINT');
};
process.once('SIGINT', onInterrupt);

/** `npm run demo | head`: whoever read has seen enough. */
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => process.exit(1));

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`demo: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
process.off('SIGINT', onInterrupt);
