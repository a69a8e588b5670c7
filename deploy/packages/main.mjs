// npm run package [-- --release N] [--out DIR] [--side agent|controller]: makes .deb and .rpm of both sides, or of one, from
// dist/ as it was built.
import {execFileSync} from 'node:child_process';
import {mkdirSync, readFileSync, rmSync} from 'node:fs';
import {dirname, join, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {putCopyright} from './copyright.mjs';
import {makeDeb} from './deb.mjs';
import {packages} from './describe.mjs';
import {makeRpm} from './rpm.mjs';
import {fetchRuntime} from './runtime.mjs';
import {stageAgent} from './stage-agent.mjs';
import {stageController} from './stage-controller.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const repository = resolve(here, '../..');

const {values} = parseArgs({
  options: {
    release: {type: 'string', default: '1'},
    out: {type: 'string', default: join(repository, 'packages')},
    side: {type: 'string'},
  },
});

/** When the source was last changed, unless the environment knows better: https://reproducible-builds.org */
const readEpoch = () => {
  const given = process.env.SOURCE_DATE_EPOCH;
  const git = () => execFileSync('git', ['log', '-1', '--format=%ct'], {cwd: repository, encoding: 'utf8'});
  const epoch = Number(given ?? git());
  if (!Number.isInteger(epoch) || epoch <= 0) throw new Error(`SOURCE_DATE_EPOCH is no time: ${given}`);
  return epoch;
};

const epoch = readEpoch();
const meta = {
  version: JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')).version,
  release: values.release,
  epoch,
  date: new Date(epoch * 1000).toISOString().slice(0, 10),
  maintainer: 'mha-helper maintainers <maintainers@mha-helper.invalid>',
};
const out = resolve(values.out);
const runtime = fetchRuntime(join(repository, '.cache/runtime'));
// Inside the repository: what is built there finds its node_modules.
const work = join(repository, '.cache', `packages-${process.pid}`);

const makePackage = async ([side, description]) => {
  const tree = join(work, side);
  const common = {tree, repository, runtime, meta, work, out, description, name: description.name};
  await (side === 'agent' ? stageAgent(common) : stageController(common));
  putCopyright(common);
  const scripts = readFileSync(join(here, 'scripts', `${side}.sh`), 'utf8');
  const overrides = readFileSync(join(here, 'lintian', description.name), 'utf8');
  console.log(makeDeb({...common, scripts, overrides}));
  console.log(makeRpm({...common, scripts}));
};

mkdirSync(out, {recursive: true});
try {
  for (const one of Object.entries(packages)) if ((values.side ?? one[0]) === one[0]) await makePackage(one);
} finally {
  rmSync(work, {recursive: true, force: true});
}
