import assert from 'node:assert/strict';
import {type TestContext, test} from 'node:test';
import {ConfigInvalid} from '../../../controller/config/config-invalid.ts';
import {findCluster, type WantedInstance} from '../../../controller/config/find-cluster.ts';
import {loadClusters} from '../../../controller/config/load-clusters.ts';
import {configDirectory} from './config-directory.ts';

const find = (t: TestContext, files: Readonly<Record<string, string>>, wanted: WantedInstance) =>
  findCluster(loadClusters(configDirectory(t, files)), wanted);

const healthy = {
  'one.conf': '[db1]\n[db1:3307]\nkill_after_timeout=7\n[db2]\nip=10.0.0.2\n',
  'two.conf': '[db1:3308]\n[10.0.0.3]\n[db4:3307]\nip=2001:db8::4\n[db4:3308]\nip=2001:db8::4\n',
};

/** What MHA says, and the section that it means. */
const lookups: readonly (readonly [WantedInstance, string, string])[] = [
  [{host: 'db1', ip: '10.0.0.1', port: 3306}, 'one', 'db1:3306'],
  [{host: 'db1', ip: '10.0.0.1', port: 3307}, 'one', 'db1:3307'],
  [{host: 'db1', ip: '10.0.0.1', port: 3308}, 'two', 'db1:3308'],
  [{host: 'DB1', port: 3306}, 'one', 'db1:3306'],
  [{host: 'db1', port: 3999}, 'one', 'db1:3999'],
  [{host: 'other-name', ip: '10.0.0.2', port: 3306}, 'one', 'db2:3306'],
  [{host: '10.0.0.2', ip: '10.0.0.2', port: 3306}, 'one', 'db2:3306'],
  [{host: 'db3', ip: '10.0.0.3', port: 3306}, 'two', '10.0.0.3:3306'],
  [{host: 'db4x', ip: '2001:DB8:0::4', port: 3308}, 'two', 'db4:3308'],
  // The name decides before the address does: a recycled address must not move another cluster.
  [{host: 'db1', ip: '10.0.0.2', port: 3306}, 'one', 'db1:3306'],
];

for (const [wanted, cluster, instance] of lookups) {
  test(`${wanted.host} (${wanted.ip ?? 'no address'}) port ${wanted.port} is ${instance} of cluster ${cluster}`, t => {
    const found = find(t, healthy, wanted);
    assert.deepEqual([found.cluster.name, `${found.host.name}:${found.host.port}`], [cluster, instance]);
    assert.deepEqual(found.notes, []);
  });
}

test('a port that only other sections of the host name is not found', t => {
  assert.throws(
    () => find(t, healthy, {host: 'db4', ip: '2001:db8::4', port: 3306}),
    (error: unknown) =>
      error instanceof ConfigInvalid &&
      /no cluster has db4:3306 \(2001:db8::4\); looked at/.test(error.message) &&
      /one\.conf \[db1\] \[db1:3307\] \[db2\], .*two\.conf \[db1:3308\] \[10\.0\.0\.3\] \[db4:3307\]/.test(
        error.message,
      ),
  );
});

test('an instance in several clusters is refused with the places', t => {
  const files = {'a.conf': '[db1]\n', 'b.conf': '[db1]\n'};
  assert.throws(
    () => find(t, files, {host: 'db1', port: 3306}),
    /several clusters have db1:3306: .*a\.conf \[db1\], .*b\.conf \[db1\]/,
  );
});

test('a broken file of another cluster is a note, not an obstacle', t => {
  const {cluster, notes} = find(t, {...healthy, 'broken.conf': '[db9]\nnonsense = 1\n'}, {host: 'db2', port: 3306});
  assert.equal(cluster.name, 'one');
  assert.equal(notes.length, 1);
  assert.match(notes[0] ?? '', /broken\.conf:2 \[db9\] nonsense: unknown key/);
});

for (const [what, section] of [
  ['the same host', 'db2'],
  ['the same instance', 'DB2:3306'],
  ['its address', '10.0.0.2'],
] as const) {
  test(`a broken file that names ${what} as well is an obstacle`, t => {
    const files = {...healthy, 'broken.conf': `[${section}]\nnonsense = 1\n`};
    assert.throws(
      () => find(t, files, {host: 'db2', ip: '10.0.0.2', port: 3306}),
      /db2:3306 \(10\.0\.0\.2\) is named in a file with problems: .*broken\.conf\n.*nonsense: unknown key/,
    );
  });
}

test('a broken file that names another port of the host is a note', t => {
  const files = {...healthy, 'broken.conf': '[db2:3310]\nnonsense = 1\n'};
  assert.equal(find(t, files, {host: 'db2', port: 3306}).notes.length, 1);
});

test("the cluster's own broken file fails with its problems and not with a wrong cluster", t => {
  assert.throws(
    () => find(t, {...healthy, 'own.conf': '[db8]\nkill_after_timeout = soon\n'}, {host: 'db8', port: 3306}),
    /db8:3306 is named in a file with problems: .*own\.conf\n.*kill_after_timeout: 'soon'/,
  );
});

test('a missing directory fails with the reason', t => {
  const directory = `${configDirectory(t, {})}/none`;
  assert.throws(
    () => findCluster(loadClusters(directory), {host: 'db1', port: 3306}),
    /none: cannot be read: no such file or directory/,
  );
});
