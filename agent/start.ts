import type {FaultPoint} from '../proto/fault-points.ts';
import {announceAfterLinkLoss} from './announce-after-link-loss.ts';
import {applyBootPolicy} from './boot/boot-policy.ts';
import {comeUpReadOnly} from './boot/come-up-read-only.ts';
import {leaveAsMaster} from './boot/known-master.ts';
import {readAgentConfig} from './config/read-agent-config.ts';
import type {Log} from './log.ts';
import {openInstance} from './mysql/instance.ts';
import {EarlyDetections} from './network/early-detections.ts';
import {createNetwork} from './network/network.ts';
import {Journal} from './operation/journal.ts';
import {Operations} from './operation/operations.ts';
import {startRetries} from './retries.ts';
import {serve} from './serve.ts';
import {watchCredentials} from './server/credentials.ts';
import {watchPrivileges} from './watch-privileges.ts';

export interface RunningAgent {
  readonly address: string;
  readonly port: number;
  /** Resolves when the agent has answered a call of its own within so many milliseconds. */
  answers(withinMs: number): Promise<void>;
  /** Takes no new calls, lets open operations end or undoes them, then lets everything go. VIPs stay where they are. */
  stop(): Promise<void>;
}

export interface StartAgent {
  readonly configFile: string;
  /** A directory that is emptied at every boot; undefined: there is none, and no boot policy. */
  readonly runtimeDir: string | undefined;
  readonly log: Log;
  /** Where tests break the process; nothing in production. */
  readonly faultPoint: FaultPoint;
}

/** Brings the agent up: what an earlier life left open is undone before the first call is served. */
export const startAgent = async ({configFile, runtimeDir, log, faultPoint}: StartAgent): Promise<RunningAgent> => {
  const config = readAgentConfig(configFile);
  const credentials = await watchCredentials({host: config.host, files: config.tls, log});
  const network = await createNetwork({log, cidrs: config.vips.map(({cidr}) => cidr)});
  await network.tombstones.clear();
  const journal = await Journal.open(config.stateDir);
  const instances = new Map(config.instances.map(one => [one.port, openInstance(one, config.host)]));
  const afterBoot = await applyBootPolicy({config, directory: runtimeDir, instances, network, journal, log});
  const operations = new Operations({instances, network, journal, log, faultPoint});

  const retries = startRetries(operations, await operations.recover());
  const links = announceAfterLinkLoss({vips: config.vips, network, records: () => journal.records(), log});
  const boot = comeUpReadOnly(afterBoot, {instances, background: operations.background, journal, log});
  const privileges = watchPrivileges([...instances.values()], log);
  const server = await serve({
    config,
    instances,
    network,
    operations,
    earlyDetections: new EarlyDetections(network),
    journal,
    allowedVips: config.vips,
    warnings: () => [
      ...[...network.warnings, ...credentials.warnings(), ...retries.failed(), ...boot.failures()],
      ...[...operations.pendingDemotions.failures(), ...damage(journal)],
    ],
    readOnlySinceBoot: boot.readOnlySinceBoot,
    credentials,
    log,
  });
  log.info('agent serves', {host: config.host, address: server.address, port: server.port});

  return {
    address: server.address,
    port: server.port,
    answers: server.answers,
    stop: async () => {
      privileges.stop();
      retries.stop();
      await links.stop();
      boot.stop();
      await server.stop();
      await operations.background.interrupt();
      await operations.drained();
      await leaveAsMaster({journal, network, vips: config.vips, instances: instances.keys()}).catch(error =>
        log.error('the journal does not know that the master ends in order', {error}),
      );
      await network.close();
      for (const instance of instances.values()) instance.close();
      credentials.close();
      await journal.close();
    },
  };
};

const damage = ({unreadableLines, behind}: Journal): string[] => [
  ...(unreadableLines === 0
    ? []
    : [`${unreadableLines} line(s) of the journal could not be read at start: a change before a crash may be unknown`]),
  ...(behind === undefined
    ? []
    : [
        `the journal could not be written (${behind}): make room, or mend the disk, before the agent or the host is restarted`,
      ]),
];
