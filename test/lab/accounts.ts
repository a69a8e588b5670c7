/** Every account of the lab, in one place. The client's network is 10.77.0.%; root may come by socket without a password. */
export const accounts = {
  /** MHA's own. */
  mha: {user: 'mha', password: 'labpass'},
  repl: {user: 'repl', password: 'replpass'},
  /** The application that writes through the VIP. */
  app: {user: 'app', password: 'apppass'},
  /** The agent's, by socket with an option file: it runs as root here, and unix_socket wants the OS user's name. */
  agent: {user: 'mha_helper', password: 'agentpass'},
} as const;

/**
 * What the agent needs on MariaDB: read_only, other accounts' sessions and threads, replication status and positions,
 * and SUPER for event_scheduler alone, for which MariaDB knows no narrower privilege.
 */
export const agentGrants = 'READ_ONLY ADMIN, CONNECTION ADMIN, PROCESS, REPLICA MONITOR, BINLOG MONITOR, SUPER';

export const accountStatements = (): readonly string[] => {
  const at = "'10.77.0.%'";
  const create = ({user, password}: {user: string; password: string}, host: string): string =>
    `CREATE OR REPLACE USER ${user}@${host} IDENTIFIED BY '${password}'`;
  return [
    create(accounts.mha, at),
    `GRANT ALL ON *.* TO mha@${at} WITH GRANT OPTION`,
    create(accounts.repl, at),
    `GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO repl@${at}`,
    create(accounts.app, at),
    `GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, LOCK TABLES ON app.* TO app@${at}`,
    create(accounts.agent, 'localhost'),
    `GRANT ${agentGrants} ON *.* TO mha_helper@localhost`,
  ];
};
