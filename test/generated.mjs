// Fails when proto/gen is not what the .proto generates: somebody changed one and not the other.
import {execFileSync} from 'node:child_process';
import {cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

const root = new URL('..', import.meta.url).pathname;
const committed = join(root, 'proto/gen');
const fresh = mkdtempSync(join(tmpdir(), 'mha-helper-gen-'));
const files = folder =>
  readdirSync(folder, {recursive: true})
    .filter(file => statSync(join(folder, file)).isFile())
    .sort();
try {
  cpSync(join(root, 'proto'), join(fresh, 'proto'), {recursive: true});
  rmSync(join(fresh, 'proto/gen'), {recursive: true});
  const template = readFileSync(join(root, 'buf.gen.yaml'), 'utf8').replace('node_modules/', `${root}node_modules/`);
  execFileSync(join(root, 'node_modules/.bin/buf'), ['generate', '--template', template, 'proto'], {
    cwd: fresh,
    stdio: 'inherit',
  });
  const names = files(join(fresh, 'proto/gen'));
  const stale = [...new Set([...names, ...files(committed)])].filter(name => {
    const [now, then] = [join(fresh, 'proto/gen', name), join(committed, name)].map(file => {
      try {
        return readFileSync(file, 'utf8');
      } catch {
        return undefined; // only on one side
      }
    });
    return now !== then;
  });
  if (stale.length > 0) throw new Error(`proto/gen is stale (${stale.join(', ')}): run npm run generate`);
  console.log(`proto/gen is what the .proto generates (${names.length} file)`);
} finally {
  rmSync(fresh, {recursive: true});
}
