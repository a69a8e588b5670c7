import {readFile} from 'node:fs/promises';
import type {Hosts} from './hosts.ts';
import type {HostName} from './topology.ts';

/**
 * MHA 0.58 does not run against this Perl and this MariaDB. Each host sees changed copies of two of its modules; the
 * installed files stay as they are.
 */
export const patchMha = async (hosts: Hosts, host: HostName): Promise<void> => {
  await hosts.mustExec(host, ['mkdir', '-p', commands]);
  await hosts.mustExec(host, ['ln', '-sf', '/usr/bin/mariadb-binlog', `${commands}/mysqlbinlog`]);
  for (const [module, change] of Object.entries(patches)) {
    const installed = `/usr/share/perl5/MHA/${module}`;
    const copy = `/run/lab/perl5/${module}`;
    await hosts.write(host, copy, change(await readFile(installed, 'utf8')));
    await hosts.mustExec(host, ['mount', '--bind', copy, installed]);
  }
};

/** What MHA runs and Debian has under another name: `mysqlbinlog` comes with mariadb-server, which would start a daemon. */
const commands = '/run/lab/bin';

const patches: Readonly<Record<string, (text: string) => string>> = {
  // Perl 5.36 warns of a superfluous sprintf argument, and MHA makes its warnings fatal.
  'NodeUtil.pm': text =>
    replace(
      text,
      "use warnings FATAL => 'all';",
      `use warnings FATAL => 'all';\nno warnings 'redundant';\n$ENV{PATH} .= ':${commands}';`,
    ),
  // MariaDB has no super_read_only: asking for the variable fails, looking for it finds none.
  'SlaveUtil.pm': text =>
    replace(
      replace(text, 'SELECT \\@\\@global.super_read_only as Value', "SHOW GLOBAL VARIABLES LIKE 'super_read_only'"),
      "if ( $href->{Value} == '1' )",
      'if ( $href && $href->{Value} =~ /^(1|ON)$/i )',
    ),
};

const replace = (text: string, old: string, fresh: string): string => {
  if (!text.includes(old)) throw new Error(`this is not the MHA 0.58 the lab knows: no '${old}'`);
  return text.replace(old, () => fresh);
};
