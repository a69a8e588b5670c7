import {createHash} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {access, mkdir, mkdtemp, rename, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {accountStatements} from './accounts.ts';
import {labCache} from './namespaces.ts';
import {mustRun} from './run.ts';

/** A fresh data directory with all accounts, installed once per server version and kept in the checkout's cache; labs copy it. */
export const datadirTemplate = async (): Promise<string> => {
  const {stdout: version} = await mustRun(['mariadbd', '--no-defaults', '--version']);
  const content = [version, serverUser(), ...accountStatements()].join('\n');
  const key = createHash('sha256').update(content).digest('hex').slice(0, 12);
  const template = join(labCache, `datadir-${key}`);
  if (await exists(template)) return template;
  await mkdir(labCache, {recursive: true});
  const fresh = await mkdtemp(join(labCache, 'new-'));
  await install(fresh);
  // Another lab may have been faster: its template is as good as ours.
  await rename(fresh, template).catch(() => rm(fresh, {recursive: true}));
  return template;
};

/** The account mysqld runs as: the package's own, or the one every system has. */
export const serverUser = (): string => (/^mysql:/m.test(readFileSync('/etc/passwd', 'utf8')) ? 'mysql' : 'nobody');

const install = async (datadir: string): Promise<void> => {
  const common = [`--datadir=${datadir}`, `--user=${serverUser()}`, '--innodb-log-file-size=16M'];
  const root = '--auth-root-authentication-method=normal';
  await mustRun(['mariadb-install-db', '--no-defaults', ...common, root, '--skip-test-db'], {timeoutMs: 60_000});
  // A bootstrap server knows no accounts before it is told to read them.
  const input = ['FLUSH PRIVILEGES', ...accountStatements(), 'FLUSH PRIVILEGES'].map(line => `${line};\n`).join('');
  await mustRun(['mariadbd', '--no-defaults', '--bootstrap', ...common], {input, timeoutMs: 60_000});
};

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
