import {existsSync} from 'node:fs';
import {mkdir, mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {type AfterBoot, applyBootPolicy} from '../../../agent/boot/boot-policy.ts';
import {comeUpReadOnly} from '../../../agent/boot/come-up-read-only.ts';
import {leaveAsMaster} from '../../../agent/boot/known-master.ts';
import type {BootPolicy, InstanceConfig} from '../../../agent/config/agent-config.ts';
import {createLog} from '../../../agent/log.ts';
import {openInstance} from '../../../agent/mysql/instance.ts';
import type {Network} from '../../../agent/network/network.ts';
import {Journal} from '../../../agent/operation/journal.ts';
import type {Operation} from '../../../agent/operation/operation.ts';
import {Operations} from '../../../agent/operation/operations.ts';
import {toIntent} from '../../../agent/service/intents.ts';
import {noFaults} from '../../../proto/fault-points.ts';

export const vips = [{cidr: '10.77.0.50/24', interface: 'eth0'}];

/** The part of an agent that acts at boot, from its start to its end. */
export interface Life {
  readonly after: AfterBoot;
  /** Ports of those that are still to become read-only. */
  readonly pending: readonly number[];
  failures(): readonly string[];
  readOnlySinceBoot(): readonly number[];
  open(): Promise<Operation>;
  close(operation: Operation): void;
  /** In order, as at a shutdown; or not. */
  end(how: 'in order' | 'crashed'): Promise<void>;
}

/** A host whose agent starts and ends: its journal stays, and what systemd empties at a boot goes with the boot. */
export class BootingHost {
  readonly #directory: string;
  readonly #network: Network;
  readonly #instance: InstanceConfig;
  #boots = 0;

  private constructor(directory: string, network: Network, instance: InstanceConfig) {
    this.#directory = directory;
    this.#network = network;
    this.#instance = instance;
  }

  static async create(network: Network, instance: InstanceConfig): Promise<BootingHost> {
    return new BootingHost(await mkdtemp(join(tmpdir(), 'mha-helper-boot-')), network, instance);
  }

  reboot(): void {
    this.#boots += 1;
  }

  startsReadOnly(): boolean {
    return existsSync(join(this.runtimeDir, 'start-read-only'));
  }

  /** systemd gives it to the agent. */
  get runtimeDir(): string {
    return join(this.#directory, `boot-${this.#boots}`);
  }

  /** An agent starts. */
  async startAgent(bootPolicy: BootPolicy = 'read_only', directory = this.runtimeDir): Promise<Life> {
    const log = createLog(() => {});
    const network = this.#network;
    await mkdir(this.runtimeDir, {recursive: true});
    const journal = await Journal.open(join(this.#directory, 'state'));
    const instance = openInstance(this.#instance, 'db1');
    const instances = new Map([[instance.port, instance]]);
    const after = await applyBootPolicy({config: {bootPolicy, vips}, directory, instances, network, journal, log});
    const operations = new Operations({instances, network, journal, log, faultPoint: noFaults});
    const boot = comeUpReadOnly(after, {instances, background: operations.background, journal, log});
    return {
      after,
      pending: after.holds.filter(({isPending}) => isPending).map(({port}) => port),
      failures: boot.failures,
      readOnlySinceBoot: boot.readOnlySinceBoot,
      open: () => operations.open({...opening, port: instance.port}),
      close: operation => operations.close(operation),
      end: async how => {
        boot.stop();
        await operations.background.interrupt();
        if (how === 'in order') await leaveAsMaster({journal, network, vips, instances: instances.keys()});
        instance.close();
        await journal.close();
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#directory, {recursive: true, force: true});
  }
}

const opening = {
  ...{id: 'switch', cluster: 'shop', epoch: 1, purpose: 'online start'},
  ...{caller: 'controller', deadlineMs: 30_000, takesOver: ''},
};

/** What the controller asks of a new master, committed. */
export const makeMaster = async (life: Life): Promise<void> => {
  const operation = await life.open();
  const promote = toIntent({$case: 'promote', value: {startEventScheduler: false}}, undefined as never);
  const {failure} = await operation.run(promote, () => {});
  if (failure !== undefined) throw new Error(failure.message);
  await operation.commit();
  life.close(operation);
};
