import {randomUUID} from 'node:crypto';
import {mkdir, readFile, rename, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {serverUser} from './datadir.ts';
import type {Hosts} from './hosts.ts';
import {patchMha} from './mha-patches.ts';
import {labCache} from './namespaces.ts';
import {mustRun} from './run.ts';
import {serverOptions} from './servers.ts';
import {addresses, dbHosts, type HostName, hostNames} from './topology.ts';

/** Gives every host its names, keys and option files, and starts sshd on the database hosts: MHA reads binary logs through it. */
export const setUpHosts = async (hosts: Hosts): Promise<void> => {
  const keys = await sshKeys();
  await Promise.all(hostNames.map(host => setUpHost(hosts, host, keys)));
};

interface SshKeys {
  readonly secret: string;
  readonly open: string;
}

const setUpHost = async (hosts: Hosts, host: HostName, keys: SshKeys): Promise<void> => {
  await hosts.write(host, '/etc/hostname', `${host}\n`);
  await hosts.write(host, '/etc/hosts', etcHosts());
  // No name server: a lab asks nobody outside.
  await hosts.mustExec(host, ['rm', '-rf', '/etc/resolv.conf', '/etc/mysql', '/etc/my.cnf']);
  await hosts.write(host, '/etc/resolv.conf', '');
  await setUpSsh(hosts, host, keys);
  await patchMha(hosts, host);
  const database = dbHosts.find(name => name === host);
  if (database === undefined) return hosts.write(host, '/etc/mysql/my.cnf', '[client]\n');
  await hosts.write(host, '/etc/mysql/my.cnf', serverOptions(database));
  await hosts.mustExec(host, ['chown', serverUser(), '/run/mysqld', '/var/lib/mysql']);
  await hosts.mustExec(host, ['/usr/sbin/sshd', '-E', '/var/log/sshd.log']);
};

const etcHosts = (): string =>
  `127.0.0.1 localhost\n::1 localhost\n${hostNames.map(name => `${addresses[name]} ${name}\n`).join('')}`;

const setUpSsh = async (hosts: Hosts, host: HostName, keys: SshKeys): Promise<void> => {
  await hosts.mustExec(host, ['sh', '-c', 'rm -rf /etc/ssh/*']);
  await hosts.write(host, '/etc/ssh/lab_key', keys.secret, 0o600);
  await hosts.write(host, '/etc/ssh/lab_key.pub', keys.open);
  await hosts.write(host, '/etc/ssh/ssh_config', clientOptions);
  await hosts.write(host, '/etc/ssh/sshd_config', serverSshOptions);
  // A locked root could not log in, key or no key.
  await hosts.mustExec(host, ['sed', '-i', 's/^root:!*[^:]*:/root:*:/', '/etc/shadow']);
};

const clientOptions = `Host *
  IdentityFile /etc/ssh/lab_key
  UserKnownHostsFile /dev/null
  StrictHostKeyChecking no
  LogLevel ERROR
`;

/** One key serves as every host's identity and as root's: nobody outside the lab can reach these hosts. */
const serverSshOptions = `HostKey /etc/ssh/lab_key
AuthorizedKeysFile /etc/ssh/lab_key.pub
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
UseDNS no
PrintMotd no
PidFile /run/sshd.pid
Subsystem sftp internal-sftp
`;

/** Made once and kept: making keys costs more than using them. */
const sshKeys = async (): Promise<SshKeys> => {
  const path = join(labCache, 'ssh-key');
  const read = async (): Promise<SshKeys> => ({
    secret: await readFile(path, 'utf8'),
    open: await readFile(`${path}.pub`, 'utf8'),
  });
  const known = await read().catch(() => undefined);
  if (known !== undefined) return known;
  await mkdir(labCache, {recursive: true});
  const fresh = join(labCache, `ssh-key-${randomUUID()}`);
  await mustRun(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'lab', '-f', fresh]);
  const keys = {secret: await readFile(fresh, 'utf8'), open: await readFile(`${fresh}.pub`, 'utf8')};
  await rm(`${fresh}.pub`);
  await rename(fresh, path);
  return keys;
};
