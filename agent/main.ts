#!/usr/bin/env -S MALLOC_ARENA_MAX=1 node --use-openssl-ca --max-semi-space-size=1
import './small-heap.ts';
import {faultsFrom} from '../proto/fault-points.ts';
import {packageVersion} from '../proto/version.ts';
import {createLog} from './log.ts';
import {notifySystemd} from './notify-systemd.ts';
import {startAgent} from './start.ts';

const usage = `mha-helper-agent ${packageVersion}
Does local work for mha-helper on a MySQL host: read-only, draining, the writer VIP.

  mha-helper-agent [--config FILE]     default: /etc/mha-helper/agent.ini
  mha-helper-agent --version
`;

// Node parses its own 140 authorities, or with --use-openssl-ca the system's, as soon as it is given one: 20 ms and a megabyte for
// nothing, since the agent trusts only those that its files name.
process.env.SSL_CERT_FILE = '/dev/null';

const log = createLog(line => process.stdout.write(line));

const main = async (argv: readonly string[]): Promise<void> => {
  const [option, value, ...rest] = argv;
  if (option === '--version') return void process.stdout.write(`${packageVersion}\n`);
  if (option === '--help' || option === '-h') return void process.stdout.write(usage);
  if (option !== undefined && (option !== '--config' || value === undefined || rest.length > 0)) return fail(usage, 2);
  const agent = await startAgent({
    configFile: value ?? '/etc/mha-helper/agent.ini',
    runtimeDir: process.env.RUNTIME_DIRECTORY,
    log,
    faultPoint: faultsFrom(process.env.MHA_HELPER_FAULTS),
  });
  const systemd = notifySystemd({environment: process.env, answers: agent.answers, log});
  const stop = (signal: NodeJS.Signals): void => {
    log.info('agent stops', {signal});
    Promise.all([systemd.stopping(), agent.stop()]).then(
      () => process.exit(0),
      error => fail((error as Error).message, 1),
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
};

const fail = (message: string, code: number): never => {
  process.stderr.write(`${message}\n`);
  process.exit(code);
};

// A defect in one call must not take the host's agent away in the middle of a failover.
process.on('unhandledRejection', error => log.error('a failure that nobody waited for', {error}));

main(process.argv.slice(2)).catch(error => {
  const {message, hint} = error as Error & {hint?: string};
  fail(hint === undefined ? message : `${message}\n${hint}`, 2);
});
