import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {eventually} from '../fixtures/eventually.ts';
import {Container} from './container.ts';

const vip = '10.9.9.9/24';

// One host with MariaDB, whose network scripts put the VIP on at every boot, and an application that writes as soon as it can.
let host: Container;

before(async () => {
  host = await Container.boot();
  await host.install('first', 'mha-helper-agent_1.0.0-1_amd64.deb', 'mha-helper-controller_1.0.0-1_amd64.deb');
  await host.sh(`cat >/etc/systemd/system/addresses.service <<'END'
[Unit]
Before=network.target network-online.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=sh -c 'ip link add eth1 type veth peer name eth1p; ip link set eth1 up; ip link set eth1p up; ip addr add 10.9.9.1/24 dev eth1; ip addr add ${vip} dev eth1'
[Install]
WantedBy=multi-user.target
END
cat >/etc/systemd/system/application.service <<'END'
[Service]
ExecStart=sh -c 'while :; do mariadb -u app shop -e "INSERT INTO t VALUES (NULL)" && echo wrote || sleep 0.05; done'
[Install]
WantedBy=multi-user.target
END
systemctl daemon-reload; systemctl start addresses mariadb
mariadb -e "CREATE DATABASE shop; CREATE TABLE shop.t (id INT AUTO_INCREMENT PRIMARY KEY); CREATE USER app@localhost; GRANT INSERT ON shop.* TO app@localhost;
  CREATE USER mha_helper@localhost IDENTIFIED VIA unix_socket;
  GRANT READ_ONLY ADMIN, CONNECTION ADMIN, PROCESS, REPLICA MONITOR, BINLOG MONITOR ON *.* TO mha_helper@localhost"
mha-helper pki init; mha-helper pki issue controller; mha-helper pki issue agent db1
cd /etc/mha-helper/pki
install -m 0644 agents/db1.crt agent.crt
install -m 0600 -o mha_helper agents/db1.key agent.key
printf '[agent]\\nhost = db1\\n[instance:3306]\\nsocket = /run/mysqld/mysqld.sock\\nuser = mha_helper\\n[vip:${vip}]\\ninterface = eth1\\n' >../agent.ini
printf '[default]\\nvip_type = metal\\nwriter_vip_cidr = ${vip}\\ncluster_interface = eth1\\n[db1]\\nagent_address = 127.0.0.1\\n' >../shop.conf
systemctl enable --now mha-helper-agent addresses mariadb application 2>&1`);
});

after(async () => host?.[Symbol.asyncDispose]());

const holdsVip = async () => (await host.sh('ip -br addr show dev eth1')).includes(vip);
const isReadOnly = () => host.sh('mariadb -Ne "SELECT @@GLOBAL.read_only"');
const rows = async () => Number(await host.sh('mariadb -Ne "SELECT COUNT(*) FROM shop.t"'));
/** What the application managed to write since this boot. */
const written = () => host.sh('journalctl -q -b -u application -o cat | grep -c ^wrote || true');
const booted = () =>
  eventually('agent and mysqld run', async () => {
    const {output} = await host.try('systemctl is-active mha-helper-agent mariadb');
    return output === 'active\nactive\n' && (await host.try('mariadb -e "SELECT 1"')).code === 0;
  });

test('an installation on a running master changes nothing', async () => {
  await booted();
  assert.equal(await isReadOnly(), '0');
  assert.ok(await holdsVip());
});

test('after a crash the host comes up without VIP, and its mysqld takes not one write', async () => {
  await host.reboot('crashed');
  await booted();
  assert.equal(await isReadOnly(), '1');
  assert.equal(await holdsVip(), false);
  const before = await rows();
  await eventually('the application has tried', async () =>
    /1290|read-only/.test(await host.sh('journalctl -q -b -u application -o cat')),
  );
  assert.equal(await written(), '0');
  assert.equal(await rows(), before);
});

test('what an operator decides stays: a later start of agent and mysqld is as configured', async () => {
  await host.sh('mariadb -e "SET GLOBAL read_only = 0"; systemctl restart mha-helper-agent mariadb');
  await booted();
  assert.equal(await isReadOnly(), '0');
});

test('a master that is rebooted in order comes up as it was', async () => {
  await host.sh('mha-helper vip acquire shop 2>&1');
  assert.ok(await holdsVip());
  await host.reboot('in order');
  await booted();
  assert.equal(await isReadOnly(), '0');
  assert.ok(await holdsVip());
  await eventually('the application writes', async () => (await written()) !== '0');
});

test('boot_policy = leave leaves mysqld and network scripts to themselves', async () => {
  await host.sh("sed -i 's/^host = db1/&\\nboot_policy = leave/' /etc/mha-helper/agent.ini");
  await host.reboot('crashed');
  await booted();
  assert.equal(await isReadOnly(), '0');
  assert.ok(await holdsVip());
});
