import {spawnSync} from 'node:child_process';
import {copyFile, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {repository} from '../lab/namespaces.ts';
import {type Spread, spreadOf} from './spread.ts';
import {compileUnbundled} from './unbundled.ts';

export const startRows = [
  'an empty Node',
  'hook as shipped',
  'without what V8 compiled',
  'not bundled either',
] as const;
export type StartRow = (typeof startRows)[number];

const hook = 'master_ip_hard_failover_helper';

/**
 * From the start of a hook to the end of one that is given an instance it does not know: the whole program is loaded and the
 * configuration read, and no agent asked.
 */
export const timeStarts = async (rounds: number): Promise<ReadonlyMap<StartRow, Spread>> => {
  const directory = await mkdtemp(join(tmpdir(), 'mha-helper-starts-'));
  const unbundled = await compileUnbundled();
  try {
    const built = join(repository, 'dist/controller/bin');
    for (const file of [`${hook}.cjs`, `${hook}.program.cjs`]) await copyFile(join(built, file), join(directory, file));
    await writeFile(join(directory, 'package.json'), '{}');
    const shipped = join(built, `${hook}.cjs`);
    const commands: Readonly<Record<StartRow, readonly string[]>> = {
      'an empty Node': [process.execPath, '-e', '0'],
      'hook as shipped': [shipped],
      'without what V8 compiled': [join(directory, `${hook}.cjs`)],
      'not bundled either': [process.execPath, join(unbundled.directory, `controller/bin/${hook}.js`)],
    };
    const times = new Map(startRows.map(row => [row, [] as number[]]));
    for (let round = -1; round < rounds; round++)
      for (const row of startRows) {
        const ms = timeOf(commands[row], directory);
        if (round >= 0) times.get(row)?.push(ms); // the first fills the caches of the disk
      }
    return new Map([...times].map(([row, all]) => [row, spreadOf(all)]));
  } finally {
    await unbundled.remove();
    await rm(directory, {recursive: true, force: true});
  }
};

const refused = 2;

const timeOf = ([file = '', ...args]: readonly string[], configDirectory: string): number => {
  const {NODE_EXTRA_CA_CERTS: _, NODE_OPTIONS: __, ...rest} = process.env;
  const env = {...rest, MHA_HELPER_CONFIG_DIR: configDirectory};
  const isHook = args[0] !== '-e';
  const given = isHook ? ['--command=status', '--orig_master_host=nobody', '--orig_master_port=3306'] : [];
  const begin = performance.now();
  const {status, stdout} = spawnSync(file, [...args, ...given], {env, encoding: 'utf8'});
  const ms = performance.now() - begin;
  if (status !== (isHook ? refused : 0)) throw new Error(`${file} ended with ${status}: ${stdout}`);
  return ms;
};
