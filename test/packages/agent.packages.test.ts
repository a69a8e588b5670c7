import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {build} from 'esbuild';
import {eventually} from '../fixtures/eventually.ts';
import {Container} from './container.ts';

const agentDeb = 'mha-helper-agent_1.0.0-1_amd64.deb';
const nextDeb = 'mha-helper-agent_1.0.0-2_amd64.deb';
const controllerDeb = 'mha-helper-controller_1.0.0-1_amd64.deb';
const vip = '10.9.9.9/24';
const unit = 'mha-helper-agent.service';

// One host, from the first installation to the purge: each test goes on where the one before has stopped.
let host: Container;
let untouched: readonly string[];

before(async () => {
  host = await Container.boot();
  await host.sh('ip link add eth1 type veth peer name eth1p; ip link set eth1 up; ip link set eth1p up');
  await host.sh('ip addr add 10.9.9.1/24 dev eth1');
  untouched = await snapshot();
});

after(async () => host[Symbol.asyncDispose]());

/** Files and accounts, but for what dpkg, mysqld and the running system themselves keep. */
const snapshot = async (): Promise<readonly string[]> =>
  (
    await host.sh(`find /etc /usr /var /opt /srv /root -path /var/lib/dpkg -prune -o -path /var/log -prune -o -path /var/tmp -prune \
    -o -path /var/lib/systemd -prune -o -path /var/lib/mysql -prune -o -path /var/cache -prune -o -print | grep -vE '[.]deb$|/etc/(passwd|group|shadow|gshadow|subuid|subgid)-$' | sort
    cut -d: -f1 /etc/passwd /etc/group`)
  ).split('\n');

const property = (name: string) => host.sh(`systemctl show -P ${name} ${unit}`);
const holdsVip = async () => (await host.sh('ip -br addr show dev eth1')).includes(vip);

test('an installation makes the user and guards the configuration, and starts nothing', async () => {
  await host.install('first', agentDeb, controllerDeb);
  assert.equal(await host.sh('stat -c "%U:%G %a" /etc/mha-helper/agent.ini'), 'root:mha_helper 640');
  assert.equal(await host.sh('stat -c "%U:%G %a" /etc/mha-helper/pki'), 'root:mha_helper 750');
  assert.equal(await host.sh('getent passwd mha_helper | cut -d: -f6,7'), '/nonexistent:/usr/sbin/nologin');
  assert.equal(await property('ActiveState'), 'inactive');
});

test('the commands run on a host without any Node.js', async () => {
  assert.equal((await host.try('command -v node')).code, 127);
  assert.equal(await host.sh('mha-helper --version'), '1.0.0');
  assert.equal(await host.sh('mha-helper-agent --version'), '1.0.0');
  for (const hook of ['master_ip_online_failover_helper', 'master_ip_hard_failover_helper', 'master_failover_report'])
    assert.match((await host.try(hook)).output, /MHA starts this command/, hook);
  for (const command of ['mysql_failover', 'mysql_online_failover'])
    assert.match(await host.sh(`${command} --help`), /masterha_master_switch/, command);
});

test('the cloud library is in the package and loads', async () => {
  const folder = '/usr/lib/mha-helper-controller';
  const script =
    "import('@aws-sdk/client-ec2').then(({EC2}) => console.log(typeof new EC2({region: 'x'}).describeInstances))";
  await host.sh(`echo "${script}" >${folder}/lib/controller/bin/try.mjs`);
  assert.equal(await host.sh(`${folder}/bin/node ${folder}/lib/controller/bin/try.mjs`), 'function');
  await host.sh(`rm ${folder}/lib/controller/bin/try.mjs`);
});

test('with its certificate the agent starts, tells systemd, and answers the controller', async () => {
  await host.sh(`mha-helper pki init; mha-helper pki issue controller; mha-helper pki issue agent db1
    cd /etc/mha-helper/pki
    install -m 0644 agents/db1.crt agent.crt
    install -m 0600 -o mha_helper agents/db1.key agent.key
    sed -i 's/^; host .*/host = db1/' ../agent.ini
    printf '\\n[vip:${vip}]\\ninterface = eth1\\n' >>../agent.ini
    printf '[default]\\nvip_type = metal\\nwriter_vip_cidr = ${vip}\\ncluster_interface = eth1\\n[db1]\\nagent_address = 127.0.0.1\\n' >../c.conf`);
  await host.sh(`systemctl enable --now ${unit} 2>&1`);
  assert.equal(await property('ActiveState'), 'active');
  assert.match((await host.try('mha-helper status')).output, /db1/);
  assert.match(await host.sh(`journalctl -q -u ${unit} -o cat`), /Started mha-helper-agent/);
});

test('the agent has two capabilities, no way to more, and a system call filter', async () => {
  const status = await host.sh(`cat /proc/$(systemctl show -P MainPID ${unit})/status`);
  for (const set of ['CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
    assert.match(status, new RegExp(`${set}:\\s0000000000003000`)); // CAP_NET_ADMIN and CAP_NET_RAW
  assert.match(status, /NoNewPrivs:\s1/);
  assert.match(status, /Seccomp:\s2/);
});

test('what runs in the unit writes nowhere but into its state, gains nothing, and can do its work', async () => {
  await host.sh(`install -m 4755 /usr/bin/id /usr/local/bin/id-as-root
    cat >/usr/local/bin/probe <<'END'
say() { name=$1; shift; "$@" >/dev/null 2>&1 && echo "$name yes" || echo "$name no"; }
for place in /etc/mha-helper /usr/lib /var/lib /root /home /opt /run /proc/sys/net/ipv4; do say "write $place" touch $place/probe; done
say state touch /var/lib/mha-helper-agent/probe
say namespace unshare -U true
say mount mount -t tmpfs none /mnt
say signal kill -0 1
echo "euid $(/usr/local/bin/id-as-root -un)"
say ip sh -c 'ip addr add 10.9.9.77/24 dev eth1 && ip addr del 10.9.9.77/24 dev eth1'
say arping arping -q -A -c 1 -w 1 -I eth1 10.9.9.1
say nft sh -c 'nft add table netdev probe && nft delete table netdev probe'
END
    sed -e 's/^Type=.*/Type=oneshot/' -e '/^Watchdog/d; /^Restart/d' -e 's,^ExecStart=.*,ExecStart=/bin/sh /usr/local/bin/probe,' \
      /usr/lib/systemd/system/${unit} >/etc/systemd/system/probe.service
    systemctl daemon-reload; systemctl start probe`);
  const lines = (await host.sh('journalctl -q -u probe -o cat'))
    .split('\n')
    .filter(line => / (yes|no|mha_helper|root)$/.test(line));
  const places = ['/etc/mha-helper', '/usr/lib', '/var/lib', '/root', '/home', '/opt', '/run', '/proc/sys/net/ipv4'];
  assert.deepEqual(lines, [
    ...places.map(place => `write ${place} no`),
    ...['state yes', 'namespace no', 'mount no', 'signal no', 'euid mha_helper', 'ip yes', 'arping yes', 'nft yes'],
  ]);
  await host.sh(
    'rm /usr/local/bin/probe /usr/local/bin/id-as-root /etc/systemd/system/probe.service /var/lib/mha-helper-agent/probe; systemctl daemon-reload',
  );
});

test('an agent that hangs is started anew, and the VIP stays where it is', async () => {
  await host.sh(`ip addr add ${vip} dev eth1
    mkdir -p /etc/systemd/system/${unit}.d
    printf '[Service]\\nWatchdogSec=3\\n' >/etc/systemd/system/${unit}.d/test.conf
    systemctl daemon-reload; systemctl restart ${unit}`);
  const hung = await property('MainPID');
  await new Promise(done => setTimeout(done, 7_000)); // twice the watchdog's time: it lives because it is heard
  assert.equal(await property('MainPID'), hung);
  await host.sh(`kill -STOP ${hung}`);
  await eventually('another agent serves', async () => {
    const [pid, state] = [await property('MainPID'), await property('ActiveState')];
    return pid !== hung && pid !== '0' && state === 'active';
  });
  assert.equal(await property('NRestarts'), '1');
  assert.ok(await holdsVip());
});

test('an upgrade undoes an open operation, keeps the configuration, and leaves the VIP', async () => {
  await build({
    ...{
      bundle: true,
      platform: 'node',
      format: 'cjs',
      logLevel: 'error',
      entryPoints: ['test/packages/hold-operation.ts'],
    },
    outfile: `${host.root}/root/hold.cjs`,
  });
  const holder = host.start('/usr/lib/mha-helper-controller/bin/node', '/root/hold.cjs', 'db1', vip, 'eth1');
  let said = '';
  holder.stdout?.on('data', text => {
    said += String(text);
  });
  await eventually('the VIP is released', async () => said.includes('released'));
  assert.equal(await holdsVip(), false);
  const config = await host.sh('sha256sum /etc/mha-helper/agent.ini');
  const old = await property('MainPID');

  await host.install('next', nextDeb);

  assert.ok(await holdsVip(), 'what the operation had released is back');
  await eventually('the operation has ended', async () => said.includes('ended'));
  assert.notEqual(await property('MainPID'), old);
  assert.equal(await property('ActiveState'), 'active');
  assert.equal(await host.sh('sha256sum /etc/mha-helper/agent.ini'), config);
  assert.match(await host.sh('dpkg-query -W mha-helper-agent'), /1\.0\.0-2$/);
  await host.sh('rm /root/hold.cjs');
});

test('a removal stops the agent, and touches neither the VIP nor the configuration', async () => {
  await host.sh('dpkg -r mha-helper-agent mha-helper-controller 2>&1');
  assert.ok(await holdsVip());
  assert.equal(await host.sh('pgrep -u mha_helper || echo none'), 'none');
  assert.equal((await host.try('test -e /etc/mha-helper/agent.ini && test -e /etc/mha-helper/c.conf')).code, 0);
});

test('a purge leaves nothing', async () => {
  await host.sh('dpkg -P mha-helper-agent mha-helper-controller 2>&1');
  const now = await snapshot();
  assert.deepEqual(
    now.filter(line => !untouched.includes(line)),
    [],
  );
  assert.equal(now.length, untouched.length);
  assert.ok(await holdsVip());
});
