import assert from 'node:assert/strict';
import {test} from 'node:test';
import {checkMha, concernsCluster, neverMasters} from '../../../../controller/command/check/check-mha.ts';
import {parseMhaConfig} from '../../../../controller/command/check/mha-config.ts';
import {factsOf} from '../status/cluster-builder.ts';

const {cluster} = factsOf();

const good = `[server default]
# a comment
user = mha
password = 'secret;x'
master_ip_online_change_script = master_ip_online_failover_helper
master_ip_failover_script= env A=b master_ip_hard_failover_helper --x ; a comment behind it
report_script=master_failover_report

[server1]
hostname=db1
candidate_master=1
[server2]
hostname=DB2
[server3]
hostname=db3
no_master=1
`;

const check = async (text: string, globals?: string): Promise<readonly string[]> => {
  const findings = await checkMha(cluster, parseMhaConfig('app1.cnf', text, globals));
  return findings.filter(({result}) => result !== 'ok').map(({result, text: said}) => `${result} ${said}`);
};

test('a file that runs our hooks for the same hosts is in order', async () => {
  const config = parseMhaConfig('app1.cnf', good, undefined);
  assert.equal(concernsCluster(cluster, config), true);
  assert.deepEqual(neverMasters(cluster, config), ['db3:3306']);
  assert.deepEqual(await check(good), []);
});

const scenarios: readonly {name: string; text: string; globals?: string; says: readonly RegExp[]}[] = [
  {
    name: 'a hook that is not set is told with what it costs',
    text: good.replace(/^master_ip_failover_script.*$/m, ''),
    says: [/^FAIL app1\.cnf: master_ip_failover_script is not set: a failover moves no VIP/],
  },
  {
    name: 'a hook in the global defaults counts',
    text: good.replace(/^master_ip_failover_script.*$/m, ''),
    globals: '[server default]\nmaster_ip_failover_script=master_ip_hard_failover_helper\n',
    says: [],
  },
  {
    name: 'a hook that runs something else is told',
    text: good.replace('master_ip_online_failover_helper', '/usr/local/bin/my_own'),
    says: [/^FAIL app1\.cnf: master_ip_online_change_script does not run master_ip_online_failover_helper/],
  },
  {
    name: 'the online hook in the place of the hard one is told',
    text: good.replace('master_ip_hard_failover_helper', 'master_ip_online_failover_helper'),
    says: [/^FAIL app1\.cnf: master_ip_failover_script does not run master_ip_hard_failover_helper/],
  },
  {
    name: 'a hook that is not installed is told',
    text: good.replace('master_ip_online_failover_helper', '/nonexistent/master_ip_online_failover_helper'),
    says: [/^FAIL .* names \/nonexistent\/master_ip_online_failover_helper, which is not there or not executable/],
  },
  {
    name: 'no report is only a note',
    text: good.replace(/^report_script.*$/m, ''),
    says: [/^note app1\.cnf: report_script is not set/],
  },
  {
    name: 'a host that we do not know is told',
    text: `${good}[server4]\nhostname=db4\nport=3307\n`,
    says: [/^FAIL app1\.cnf \[server4\]: db4:3307 is no host of cluster1/],
  },
  {
    name: 'a host that MHA does not know is a note',
    text: good.replace('[server2]\nhostname=DB2\n', ''),
    says: [/^note app1\.cnf does not name db2:3306/],
  },
  {
    name: 'a port that we do not mean is told',
    text: good.replace('hostname=DB2', 'hostname=db2\nport=3307'),
    says: [/^FAIL app1\.cnf \[server2\]: MHA means port 3307 of db2, \S+ means 3306/],
  },
];

for (const {name, text, globals, says} of scenarios) {
  test(name, async () => {
    const said = await check(text, globals);
    assert.equal(said.length, says.length, JSON.stringify(said));
    for (const [index, wanted] of says.entries()) assert.match(said[index] ?? '', wanted);
    assert.doesNotMatch(said.join(), /secret/);
  });
}
