import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {commandFile} from './commands.ts';
import type {Lab} from './lab.ts';
import type {MhaHooks} from './mha.ts';
import {repository} from './namespaces.ts';
import {dbHosts} from './topology.ts';

/** Makes a bare lab one to play with: certificates, agents, MHA's configuration, the VIP on db1. Says what it found. */
export const furnish = async (lab: Omit<Lab, 'dispose'>): Promise<string> => {
  await lab.installProduct();
  await lab.addVip('db1');
  if (!existsSync(join(repository, 'dist/agent/main.js'))) {
    await lab.writeMhaConfig(scriptHooks(5));
    return 'the product is not built: MHA calls the script hooks of test/bench';
  }
  await Promise.all(dbHosts.map(host => lab.startAgent(host)));
  await lab.writeMhaConfig(productHooks());
  return 'agents are running; MHA calls the hooks of this build';
};

/** The hooks of this project, as built: MHA starts the files themselves, whose first line finds Node in the path. */
export const productHooks = (): MhaHooks => ({
  onlineHook: commandFile('master_ip_online_failover_helper'),
  failoverHook: commandFile('master_ip_hard_failover_helper'),
  reportHook: commandFile('master_failover_report'),
});

/** The baseline: the usual shell script. */
export const scriptHooks = (killAfterTimeout: number): MhaHooks => {
  const hook = (kind: string): string =>
    `${join(repository, 'test/bench/ssh-hook.sh')} --vip=10.77.0.100/24 --kill_after_timeout=${killAfterTimeout} --kind=${kind}`;
  return {onlineHook: hook('online'), failoverHook: hook('hard')};
};
