import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {after, afterEach, before, beforeEach, describe, test} from 'node:test';
import {eventually} from '../../fixtures/eventually.ts';
import {type Mysqld, startMysqld} from '../../fixtures/mysqld.ts';
import {createAgentAccount} from '../../fixtures/mysqld-agent.ts';
import {type Flavour, flavours, serverOf, whyNoServer} from '../../fixtures/mysqld-server.ts';
import {createLan, type Lan, type LanHost} from '../../fixtures/netns.ts';
import {BootingHost, type Life, makeMaster, vips} from './booting-host.ts';

const vip = vips[0]?.cidr ?? '';

const dropIn = (line: RegExp): string => {
  const [, found] = line.exec(readFileSync('deploy/systemd/mysqld-boot-policy.conf', 'utf8')) ?? [];
  if (found === undefined) throw new Error(`no ${line} in the drop-in`);
  return found;
};

const suite = (flavour: Flavour) => {
  let mysqld: Mysqld;
  let lan: Lan;
  let [db1, db2]: LanHost[] = [];
  let host: BootingHost;
  let life: Life | undefined;
  let isUp = true;

  before(async () => {
    mysqld = await startMysqld(flavour);
    lan = await createLan({hosts: 2});
    [db1, db2] = lan.hosts;
  });
  after(async () => {
    await lan?.dispose();
    await mysqld?.remove();
  });
  beforeEach(async () => {
    await mysqld.sql('DROP USER IF EXISTS mha_agent@localhost');
    host = await BootingHost.create(await on(db1).network(), await createAgentAccount(mysqld));
    await start(); // installed while everything runs
    on(db1).exec('ip', 'addr', 'add', vip, 'dev', 'eth0');
  });
  afterEach(async () => {
    await life?.end('crashed');
    life = undefined;
    for (const each of lan.hosts)
      if (each.addresses().includes(vip)) each.exec('ip', 'addr', 'del', vip, 'dev', 'eth0');
    await host[Symbol.asyncDispose]();
    if (!isUp) await startMysql();
    await mysqld.sql('SET GLOBAL read_only = 0');
  });

  const startMysql = async (): Promise<void> => {
    await mysqld.start();
    isUp = true;
  };
  const on = (one: LanHost | undefined): LanHost => {
    if (one === undefined) throw new Error('no such host');
    return one;
  };
  const start = async (policy?: 'leave'): Promise<Life> => {
    life = await host.startAgent(policy);
    return life;
  };
  const end = async (how: 'in order' | 'crashed'): Promise<void> => {
    await life?.end(how);
    life = undefined;
  };
  /** Network scripts have put the VIP on again; mysqld is not started yet. */
  const reboot = async (how: 'in order' | 'crashed'): Promise<void> => {
    await end(how);
    host.reboot();
    await mysqld.kill();
    isUp = false;
    if (!on(db1).addresses().includes(vip)) on(db1).exec('ip', 'addr', 'add', vip, 'dev', 'eth0');
  };
  const isReadOnly = async () => Number((await mysqld.sql('SELECT @@GLOBAL.read_only AS ro'))[0]?.ro) === 1;
  const agent = async (): Promise<Life> => life ?? start();
  const holdsVip = () => on(db1).addresses().includes(vip);

  test('after a boot the VIP of the network scripts is gone before mysqld starts, which is read-only as soon as it answers', async () => {
    await reboot('crashed');
    await start();
    assert.equal(holdsVip(), false);
    assert.ok(host.startsReadOnly());
    await startMysql();
    await eventually('mysqld is read-only', isReadOnly);
    await eventually('the next start is as configured', async () => !host.startsReadOnly());
  });

  test('what the agent leaves becomes an option of mysqld, and without that there is none', async () => {
    assert.match(optionsOfMysqld(), /^read-only +FALSE/m);
    await reboot('crashed');
    await start();
    assert.match(optionsOfMysqld(), /^read-only +TRUE/m);
  });

  /** mysqld's own account of its options, with what the drop-in of its unit does before each start. */
  const optionsOfMysqld = (): string => {
    const here = (text: string): string =>
      text
        .replaceAll('/run/mha-helper-agent', host.runtimeDir)
        .replaceAll('/run/mha-helper-mysqld', `${host.runtimeDir}.mysqld`);
    execFileSync('sh', ['-c', here(dropIn(/^ExecStartPre=\+-\/bin\/sh -c '(.*)'$/m))]);
    const env = {...process.env, MYSQL_HOME: here(dropIn(/^Environment=MYSQL_HOME=(.*)$/m))};
    const [file = '', ...args] = serverOf(flavour).command(['--help', '--verbose']);
    const options = args.filter(each => each !== '--no-defaults');
    return execFileSync(file, options, {env, encoding: 'utf8', stdio: 'pipe', maxBuffer: 1e7});
  };

  if (flavour !== 'mariadb') return; // what follows asks no server for anything of its own

  test('it is done once: an operator who makes mysqld writable is not contradicted by the next start of the agent', async () => {
    await reboot('crashed');
    await start();
    await startMysql();
    await eventually('mysqld is read-only', isReadOnly);
    await eventually('all is done', async () => !host.startsReadOnly());
    await end('crashed');
    await mysqld.sql('SET GLOBAL read_only = 0');
    on(db1).exec('ip', 'addr', 'add', vip, 'dev', 'eth0');
    assert.deepEqual((await start()).pending, []);
    assert.ok(holdsVip());
    assert.equal(await isReadOnly(), false);
  });

  test('why it is read-only is told until an operation decides, in every life of the agent', async () => {
    await reboot('crashed');
    await start();
    await startMysql();
    await eventually('it is told', async () => life?.readOnlySinceBoot().includes(mysqld.port) === true);
    await end('crashed');
    assert.deepEqual((await start()).readOnlySinceBoot(), [mysqld.port]);
    await makeMaster(await agent());
    assert.deepEqual(life?.readOnlySinceBoot(), []);
    await end('crashed');
    assert.deepEqual((await start()).readOnlySinceBoot(), []);
  });

  test('an agent that dies before mysqld is up goes on in its next life', async () => {
    await reboot('crashed');
    await start();
    await end('crashed');
    await start();
    assert.ok(host.startsReadOnly());
    await startMysql();
    await eventually('mysqld is read-only', isReadOnly);
  });

  test('an agent that comes after mysqld leaves everything and says so', async () => {
    await end('crashed');
    host.reboot();
    const {failures} = await start();
    assert.match(failures().join('\n'), /boot_policy came too late/);
    assert.ok(holdsVip());
    assert.equal(host.startsReadOnly(), false);
    assert.equal(await isReadOnly(), false);
  });

  test('boot_policy = leave leaves', async () => {
    await reboot('crashed');
    assert.deepEqual((await start('leave')).pending, []);
    assert.ok(holdsVip());
    assert.equal(host.startsReadOnly(), false);
  });

  test('an agent that cannot keep what is to be done serves all the same, and says so', async () => {
    await reboot('crashed');
    life = await host.startAgent('read_only', '/nowhere');
    assert.match(life.failures().join('\n'), /boot_policy was not applied: .*\/nowhere/);
  });

  test('a master that went in order stays the master', async () => {
    await makeMaster(await agent());
    await reboot('in order');
    const {after: found} = await start();
    assert.deepEqual(found, {...found, holds: [], failures: []});
    assert.ok(holdsVip());
    assert.equal(host.startsReadOnly(), false);
  });

  test('but not when another machine has its VIP now', async () => {
    await makeMaster(await agent());
    await reboot('in order');
    on(db2).exec('ip', 'addr', 'add', vip, 'dev', 'eth0');
    assert.deepEqual((await start()).pending, [mysqld.port]);
    assert.equal(holdsVip(), false);
  });

  test('nor when it crashed, nor at the boot after the next', async () => {
    await makeMaster(await agent());
    await reboot('crashed');
    assert.deepEqual((await start()).pending, [mysqld.port]);
    await reboot('in order'); // without the VIP
    assert.deepEqual((await start()).pending, [mysqld.port]);
  });

  test('an operation that decides meanwhile goes before', async () => {
    await reboot('crashed');
    const {open, close} = await start();
    const operation = await open();
    await startMysql();
    await makeMaster({...(await agent()), open: async () => operation, close});
    await eventually('the policy has nothing to do any more', async () => !host.startsReadOnly());
    assert.equal(await isReadOnly(), false);
  });
};

for (const flavour of flavours) {
  describe(`boot policy on ${flavour}`, {skip: whyNoServer(flavour) ?? false}, () => suite(flavour));
}
