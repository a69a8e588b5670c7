import {startMysqld} from '../fixtures/mysqld.ts';
import {createAgentAccount} from '../fixtures/mysqld-agent.ts';
import type {Flavour} from '../fixtures/mysqld-server.ts';
import {RunningAgent} from '../fixtures/running-agent.ts';
import {demoteAndUndo} from './demote-undo.ts';
import {residentMib, startBeside} from './processes.ts';
import {type Spread, spreadOf} from './spread.ts';

export interface KillTimes {
  readonly flavour: Flavour;
  readonly version: string;
  readonly connections: number;
  readonly demoteMs: Spread;
  /** The agent's memory: before the first, and after each. */
  readonly beforeMib: number;
  readonly afterMib: Spread;
}

export interface KillWish {
  readonly flavour: Flavour;
  /** Crowds of these sizes, one after the other. */
  readonly crowds: readonly number[];
  readonly rounds: number;
}

/** How long a demotion takes with so many idle application connections; all of them are killed. */
export const timeKills = async ({flavour, crowds, rounds}: KillWish): Promise<readonly KillTimes[]> => {
  const room = Math.max(...crowds) + 100;
  const mysqld = await startMysqld(flavour, [`--max-connections=${room}`, '--back-log=4096', '--table-open-cache=400']);
  try {
    await mysqld.sql("CREATE USER app@localhost IDENTIFIED BY 'app'");
    await using agent = await RunningAgent.start(await createAgentAccount(mysqld));
    const version = String((await mysqld.sql('SELECT @@version AS version'))[0]?.version).split('-')[0] ?? '';
    const once = async (connections: number): Promise<number> => {
      const crowd = await startBeside('crowd.ts', [mysqld.socket, String(connections)]);
      const tookMs = await demoteAndUndo(agent, mysqld.port);
      const [left] = await mysqld.sql("SELECT COUNT(*) AS n FROM information_schema.PROCESSLIST WHERE USER = 'app'");
      await crowd.end();
      if (Number(left?.n) !== 0) throw new Error(`${left?.n} of ${connections} connections outlived the demotion`);
      return tookMs;
    };
    await once(10); // the first demotion is compiled
    const found: KillTimes[] = [];
    for (const connections of crowds) {
      const [times, memory]: [number[], number[]] = [[], []];
      const beforeMib = residentMib(agent.pid);
      for (let round = 0; round < rounds; round++) {
        times.push(await once(connections));
        memory.push(residentMib(agent.pid));
      }
      found.push({flavour, version, connections, demoteMs: spreadOf(times), beforeMib, afterMib: spreadOf(memory)});
    }
    return found;
  } finally {
    await mysqld.remove();
  }
};
