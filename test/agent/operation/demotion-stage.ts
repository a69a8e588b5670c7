import {after, afterEach, before, beforeEach} from 'node:test';
import type {Instance} from '../../../agent/mysql/instance.ts';
import {readInstanceStatus} from '../../../agent/mysql/read-status.ts';
import type {Demotion} from '../../../agent/operation/demote.ts';
import type {InstanceStatus} from '../../../proto/gen/mha_helper/v1/agent.ts';
import {Clients} from '../../fixtures/clients.ts';
import {eventually} from '../../fixtures/eventually.ts';
import {type Mysqld, startMysqld} from '../../fixtures/mysqld.ts';
import {
  createAgentAccount,
  openReadyInstance,
  type RecordedContext,
  recordingContext,
} from '../../fixtures/mysqld-agent.ts';
import type {Flavour} from '../../fixtures/mysqld-server.ts';

const signal = AbortSignal.timeout(600_000);

export const demotion = (change: Partial<Demotion> = {}): Demotion => ({
  superReadOnly: true,
  graceMs: 0,
  deadlineMs: 10_000,
  excludeUsers: [],
  ...change,
});

/** One server for all tests of a suite, and for each test its own clients and context. */
export interface DemotionStage {
  readonly mysqld: Mysqld;
  readonly instance: Instance;
  readonly clients: Clients;
  readonly context: RecordedContext;
  status(): Promise<InstanceStatus>;
  isReadOnly(): Promise<boolean>;
}

export const demotionStage = (flavour: Flavour): DemotionStage => {
  let mysqld: Mysqld;
  let instance: Instance;
  let clients: Clients;
  let context: RecordedContext;

  before(async () => {
    mysqld = await startMysqld(flavour, ['--max-connections=150', '--event-scheduler=OFF']);
    await mysqld.sql(`
      CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY AUTO_INCREMENT, n INT) ENGINE=InnoDB;
      INSERT INTO shop.t (n) VALUES (1), (2), (3);
      CREATE USER app@localhost IDENTIFIED BY 'app'; GRANT ALL ON shop.* TO app@localhost;
      CREATE USER backup@localhost IDENTIFIED BY 'backup'; GRANT ALL ON shop.* TO backup@localhost;`);
    instance = await openReadyInstance(await createAgentAccount(mysqld));
  });
  after(async () => {
    instance?.close();
    await mysqld?.remove();
  });
  beforeEach(() => {
    clients = new Clients(mysqld);
    context = recordingContext(instance);
  });
  afterEach(async () => {
    clients.end();
    await mysqld.sql('SET GLOBAL read_only = 0; SET GLOBAL event_scheduler = OFF');
    await eventually('the clients are gone', async () => (await status()).applicationThreads === 0);
  });

  const status = () => readInstanceStatus(instance, {brief: true, signal});
  const isReadOnly = async () => {
    const {readOnly, superReadOnly} = await status();
    return readOnly && superReadOnly !== false;
  };

  return {
    get mysqld() {
      return mysqld;
    },
    get instance() {
      return instance;
    },
    get clients() {
      return clients;
    },
    get context() {
      return context;
    },
    status,
    isReadOnly,
  };
};
