import {mkdtemp} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {productHooks} from '../furnish.ts';
import {createLab, type Lab} from '../lab.ts';
import {repository} from '../namespaces.ts';
import {type DbHost, dbHosts} from '../topology.ts';
import {startWriter, type Writer} from '../writer.ts';
import {type Mailbox, openMailbox} from './mailbox.ts';
import {createMonitorAccount, monitor} from './monitor-account.ts';
import {type Observer, startObserver} from './observer.ts';
import {Score} from './score.ts';
import type {Screen} from './screen.ts';

/** Everything an act has at hand. */
export interface Stage {
  readonly lab: Lab;
  readonly screen: Screen;
  readonly writer: Writer;
  readonly observer: Observer;
  readonly mailbox: Mailbox;
  readonly score: Score;
  readonly logFile: string;
  readonly showHook: (line: string) => void;
  readonly showPhase: (text: string) => void;
}

/** A manager, three database hosts and a client, with this build installed on them as on real ones. */
export const setUpStage = async (screen: Screen): Promise<Stage> => {
  const logFile = join(await mkdtemp(join(tmpdir(), 'mha-helper-demo-')), 'mha.log');
  screen.headline('Five hosts come up: a manager, three database servers, a client');
  screen.say(
    'Network namespaces of this machine, each with its own eth0; real MariaDB, real MHA 0.58, and an agent of this build on db1, db2 and db3.',
  );
  screen.say(`Lines with a | come from our hooks, live. All that MHA says is in ${logFile}`, 'faint');
  const lab = await createLab();
  try {
    return {
      lab,
      screen,
      logFile,
      showHook: screen.hook,
      showPhase: text => screen.say(text, 'faint'),
      ...(await furnishStage(lab, screen)),
      score: new Score(),
    };
  } catch (error) {
    await lab.dispose();
    throw error;
  }
};

const furnishStage = async (lab: Lab, screen: Screen): Promise<Pick<Stage, 'writer' | 'observer' | 'mailbox'>> => {
  const mailbox = await openMailbox(lab);
  await lab.installProduct();
  await lab.writeClusterConfig({
    defaults: {report_email: 'dba@example.com', smtp_host: mailbox.smtpHost, exclude_users: monitor.user},
  });
  await lab.writeMhaConfig(productHooks());
  await Promise.all(dbHosts.map(host => setUpServer(lab, host)));
  const observer = startObserver(lab);
  screen.headline('First placement: the writer VIP 10.77.0.100 goes to the master, db1');
  screen.say('$ mha-helper vip acquire lab');
  const code = await helper(lab, screen.hook, 'vip', 'acquire', 'lab');
  if (code !== 0) throw new Error(`the VIP could not be placed: mha-helper ended with exit code ${code}`);
  const writer = await startWriter(lab);
  screen.headline('A client starts to write through the VIP: 300 rows a second, to the end');
  screen.say(
    'It knows which rows were acknowledged; after every act they are looked for on the new master. Meanwhile an observer asks all three servers, 20 times a second, who is writable and who has the VIP.',
  );
  return {mailbox, observer, writer};
};

const setUpServer = async (lab: Lab, host: DbHost): Promise<void> => {
  await createMonitorAccount(lab, host);
  await lab.writeAgentConfig(host, {instance: {exclude_users: monitor.user}});
  await lab.startAgent(host);
};

/** Runs the operator's command on the manager and shows what it says. Answers its exit code. */
export const helper = async (lab: Lab, show: (line: string) => void, ...args: readonly string[]): Promise<number> => {
  const program = join(repository, 'dist/controller/bin/mha-helper.js');
  const {code, stdout, stderr} = await lab.exec('mgr', [process.execPath, program, ...args]);
  for (const line of `${stdout}${stderr}`.trimEnd().split('\n')) show(line);
  return code ?? 1;
};
