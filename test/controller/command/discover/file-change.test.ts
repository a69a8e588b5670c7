import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {type TestContext, test} from 'node:test';
import {renderDiff, withSections, writeChange} from '../../../../controller/command/discover/file-change.ts';

const stage = (t: TestContext): string => {
  const directory = mkdtempSync(join(tmpdir(), 'mha-helper-change-'));
  t.after(() => rmSync(directory, {recursive: true, force: true}));
  return directory;
};

const texts: Readonly<Record<string, string>> = {
  'a usual file': '[default]\nvip_type = none\n\n[db1]\n[db2]\n# end\n',
  'a file without a line end at its end': '[default]\n\n[db1]',
  'line ends of Windows': '[default]\r\n[db1]\r\n',
  'an empty line at the end': '[db1]\n\n',
  'an empty file': '',
};

for (const [name, before] of Object.entries(texts))
  test(`${name}: what was there stays byte for byte, and git applies the diff`, t => {
    const after = withSections(before, '[db4]\nip = 10.0.0.4\n');
    assert.ok(after.startsWith(before));
    assert.match(after.slice(before.length), /^(?:\r?\n){0,2}\[db4\]\r?\nip = 10\.0\.0\.4\r?\n$/);
    const directory = stage(t);
    const diff = renderDiff({file: 'x.conf', before, after, mode: 0o644}).map(line =>
      line.replace(/^(---|\+\+\+) x/, (_, sign) => `${sign} ${sign === '---' ? 'a' : 'b'}/x`),
    );
    if (before !== '') writeFileSync(join(directory, 'x.conf'), before);
    execFileSync('git', ['apply', '-p1', '--whitespace=nowarn', '-'], {
      cwd: directory,
      input: `${diff.join('\n')}\n`,
      env: {...process.env, GIT_CEILING_DIRECTORIES: tmpdir()},
    });
    assert.equal(readFileSync(join(directory, 'x.conf'), 'utf8'), after);
  });

test('a link stays a link, and the file behind it is replaced', async t => {
  const directory = stage(t);
  const [file, link] = [join(directory, 'real'), join(directory, 'link')];
  writeFileSync(file, 'old\n');
  symlinkSync(file, link);
  await writeChange({file: link, before: 'old\n', after: 'new\n', mode: 0o600});
  assert.equal(readFileSync(file, 'utf8'), 'new\n');
  assert.equal(execFileSync('readlink', [link], {encoding: 'utf8'}).trim(), file);
});
