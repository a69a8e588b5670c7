import {constants} from 'node:fs';
import {access} from 'node:fs/promises';
import {dirname} from 'node:path';
import type {ClientCredentials} from '../../agents/credentials.ts';
import type {ClusterConfig} from '../../config/cluster-config.ts';
import {daysUntil, sayEnd} from '../status/judge-host.ts';
import {trustEnds} from '../status/trust-ends.ts';
import {checkReports} from './check-reports.ts';
import {type Finding, fail, ok} from './finding.ts';

/** What the manager host itself needs: its certificate, a place for records, somebody to write to. */
export const checkManager = async (
  cluster: ClusterConfig,
  credentials: ClientCredentials,
): Promise<readonly Finding[]> => [
  checkOwnCertificate(credentials.files.certificate, Date.parse(credentials.certificate.validTo)),
  ...trustEnds(credentials, Date.now()).map(({message, hint}) => fail(message, hint)),
  await checkStateDirectory(cluster.stateDir),
  ...(await checkReports(cluster)),
];

const checkOwnCertificate = (file: string, notAfterMs: number): Finding => {
  const end = sayEnd(notAfterMs, Date.now());
  return end === undefined
    ? ok(`our own certificate ${file}: ${daysUntil(notAfterMs, Date.now())} days`)
    : fail(`our own certificate ${file} ${end}`, 'replace it: mha-helper pki renew controller');
};

/** Nothing is written: a directory that is not there yet needs a parent that can take it. */
const checkStateDirectory = async (directory: string): Promise<Finding> => {
  const nearest = await nearestExisting(directory);
  const writable = await access(nearest, constants.W_OK).then(
    () => true,
    () => false,
  );
  return writable
    ? ok(`failover records go to ${directory}`)
    : fail(`state_dir ${directory} cannot be written by this user`, `give it to the user who runs MHA: ${nearest}`);
};

const nearestExisting = (directory: string): Promise<string> =>
  access(directory).then(
    () => directory,
    () => (dirname(directory) === directory ? directory : nearestExisting(dirname(directory))),
  );
