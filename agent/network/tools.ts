import {access, constants} from 'node:fs/promises';
import {join} from 'node:path';
import {startCommand} from './command.ts';

export type ToolName = 'ip' | 'arping' | 'ndptool' | 'ndisc6' | 'nft' | 'sudo' | 'setpriv';

/** What this host has, found once at start-up. Two unrelated programs are called arping; they differ in every flag. */
export interface Tools {
  readonly paths: Readonly<Partial<Record<ToolName, string>>>;
  readonly arpingKind: 'iputils' | 'habets' | 'none';
}

/** Not $PATH: a service's environment decides nothing here. */
export const systemPath: readonly string[] = ['/usr/sbin', '/sbin', '/usr/bin', '/bin'];

/** Debian package of each tool. */
export const packageOf: Readonly<Record<ToolName, string>> = {
  ip: 'iproute2',
  arping: 'iputils-arping',
  ndptool: 'libndp-tools',
  ndisc6: 'ndisc6',
  nft: 'nftables',
  sudo: 'sudo',
  setpriv: 'util-linux',
};

export const findTools = async (directories: readonly string[]): Promise<Tools> => {
  const names = Object.keys(packageOf).filter((name): name is ToolName => Object.hasOwn(packageOf, name));
  const found = await Promise.all(names.map(async name => [name, await findFile(name, directories)] as const));
  const paths = Object.fromEntries(found.filter(([, path]) => path !== undefined)) as Tools['paths'];
  const arpingKind = paths.arping === undefined ? 'none' : await recogniseArping(paths.arping);
  return {paths, arpingKind};
};

const findFile = async (name: string, directories: readonly string[]): Promise<string | undefined> => {
  for (const directory of directories) {
    const path = join(directory, name);
    // Not there, or not ours to execute: the next directory may have it.
    const executable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (executable) return path;
  }
  return undefined;
};

const recogniseArping = async (file: string): Promise<Tools['arpingKind']> => {
  const bound = {signal: new AbortController().signal, timeoutMs: 2000};
  // iputils prints its version; Habets' arping takes -V for a VLAN and answers with a usage that names its author.
  const {stdout, stderr} = await startCommand({file, args: ['-V']}, bound).finished;
  const said = `${stdout}\n${stderr}`;
  if (/\bfrom iputils\b|iputils-/i.test(said)) return 'iputils';
  if (/habets/i.test(said)) return 'habets';
  return 'none';
};
