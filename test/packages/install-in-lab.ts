import {execFileSync} from 'node:child_process';
import {copyFile, mkdir, mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {Lab} from '../lab/lab.ts';
import {patchMha} from '../lab/mha-patches.ts';
import {repository} from '../lab/namespaces.ts';
import {type DbHost, dbHosts, type HostName} from '../lab/topology.ts';
import {built} from './container.ts';

const hosts: readonly HostName[] = ['mgr', ...dbHosts];
const packageOf = (host: HostName): string =>
  host === 'mgr' ? 'mha-helper-controller_1.0.0-1_amd64.deb' : 'mha-helper-agent_1.0.0-1_amd64.deb';

/**
 * Gives the lab's hosts the packages and takes the source tree away from them. A package's files lie over the machine's
 * own /usr for this host alone: nothing is installed on the machine. Answers what ends it, for after the lab.
 */
export const installInLab = async (lab: Lab): Promise<() => Promise<void>> => {
  const unpacked = await mkdtemp(join(tmpdir(), 'mha-helper-unpacked-'));
  await Promise.all(hosts.map(host => installOn(lab, host, unpacked)));
  await makeCertificates(lab);
  return () => rm(unpacked, {recursive: true, force: true});
};

const installOn = async (lab: Lab, host: HostName, unpacked: string): Promise<void> => {
  const root = join(unpacked, host);
  execFileSync('dpkg-deb', ['-x', join(built('first'), packageOf(host)), root]);
  const script = `mount -t overlay -o ro,lowerdir="$1/usr":/usr overlay /usr
umount -l /run/lab/kept/1
mount -t tmpfs -o ro none "$2"`;
  await lab.mustExec(host, ['sh', '-euc', script, 'sh', root, repository]);
  await patchMha(lab, host); // the new /usr has the old modules
};

/** As the README says, and with the packages' own command. */
const makeCertificates = async (lab: Lab): Promise<void> => {
  const pki = '/etc/mha-helper/pki';
  for (const args of [['init'], ['issue', 'controller'], ['issue', 'agent', ...dbHosts]])
    await lab.mustExec('mgr', ['mha-helper', 'pki', ...args]);
  const hand = async (from: string, host: DbHost, to: string) =>
    copyFile(lab.pathOf('mgr', `${pki}/${from}`), lab.pathOf(host, `${pki}/${to}`));
  for (const host of dbHosts) {
    await mkdir(lab.pathOf(host, pki), {recursive: true});
    await hand('ca.crt', host, 'ca.crt');
    await hand(`agents/${host}.crt`, host, 'agent.crt');
    await hand(`agents/${host}.key`, host, 'agent.key');
  }
};
