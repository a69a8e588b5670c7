import {constants} from 'node:fs';
import {access, stat} from 'node:fs/promises';
import type {ClusterConfig, ReportConfig, WebhookConfig} from '../../config/cluster-config.ts';
import {deadline} from '../../report/attempt.ts';
import {reasonOf} from '../../report/channel.ts';
import {channelsOf} from '../../report/channels.ts';
import {listWaiting, queueOf, readWaiting} from '../../report/queue.ts';
import {greetWebhook} from '../../report/webhook.ts';
import {type Finding, fail, note, ok} from './finding.ts';

/** A webhook that does not answer costs a check no more. */
const greetMs = 3000;

/** Whether people could be told of a failover. Nobody is: a webhook's server is only connected to. */
export const checkReports = async (cluster: ClusterConfig): Promise<readonly Finding[]> => {
  const configs = distinct([cluster.report, ...cluster.hosts.map(({report}) => report)]);
  const findings = await Promise.all(configs.map(config => checkConfig(config, cluster)));
  return [...findings.flat(), ...(await checkQueue(cluster))];
};

const distinct = (configs: readonly ReportConfig[]): readonly ReportConfig[] => [
  ...new Map(configs.map(config => [JSON.stringify(config), config])).values(),
];

const checkConfig = async (config: ReportConfig, {file}: ClusterConfig): Promise<readonly Finding[]> => {
  const {webhook, command} = config;
  if (channelsOf(config).length === 0)
    return [note(`report_email, report_webhook and report_command are empty in ${file}: nobody hears of a failover`)];
  return [
    ...(webhook === undefined ? [] : await checkWebhook(webhook, file)),
    ...(command === undefined ? [] : [await checkCommand(command[0])]),
  ];
};

const checkWebhook = async (config: WebhookConfig, file: string): Promise<readonly Finding[]> => {
  const {signal, clear} = deadline(greetMs);
  const found = await greetWebhook(config, signal).then(
    host => ok(`report_webhook: ${host} answers; nothing was sent`),
    (error: unknown) => fail(`report_webhook: ${reasonOf(signal.aborted ? signal.reason : error)}`),
  );
  clear();
  return [found, ...(await checkSecrecy(config, file))];
};

const checkSecrecy = async ({target, format}: WebhookConfig, file: string): Promise<readonly Finding[]> => {
  if ('file' in target || format !== 'slack') return [];
  const {mode} = await stat(file);
  return (mode & 0o007) === 0
    ? []
    : [
        note(
          `${file} can be read by all and has the URL of report_webhook, which is a secret`,
          'move it to a file of its own',
        ),
      ];
};

const checkCommand = async (program: string): Promise<Finding> => {
  const found = await stat(program).catch(() => undefined);
  if (found === undefined) return fail(`report_command: ${program} is not there`);
  const runs = await access(program, constants.X_OK).then(
    () => found.isFile(),
    () => false,
  );
  if (!runs) return fail(`report_command: ${program} cannot be run by this user`);
  return (found.mode & 0o022) === 0
    ? ok(`report_command: ${program}`)
    : fail(`report_command: ${program} can be changed by others`, `chmod go-w ${program}`);
};

const checkQueue = async ({stateDir, name}: ClusterConfig): Promise<readonly Finding[]> => {
  const queue = queueOf(stateDir, name);
  const waiting = await listWaiting(queue).catch(() => []); // another user's; told by state_dir above
  const [oldest] = waiting;
  if (oldest === undefined) return [];
  const reason = (await readWaiting(queue, oldest))?.reason ?? 'not tried yet';
  const since = new Date(oldest.atMs).toISOString();
  return [
    note(
      `${waiting.length} ${waiting.length === 1 ? 'report waits' : 'reports wait'} to be sent, since ${since}: ${oldest.channel}: ${reason}`,
    ),
  ];
};
