// A controller that nobody expects any more: EPOCH HOST=ADDRESS…. It opens an operation of that failover on each host and
// asks to promote and to undo, and prints what each agent answered as one JSON object: {"db1": ["STALE_EPOCH", …]}.
import {Agent} from '../../controller/agents/agent.ts';
import {connectAgent} from '../../controller/agents/connect.ts';
import {clientCredentials} from '../../controller/agents/credentials.ts';
import {AgentRefused} from '../../controller/agents/errors.ts';
import {caFiles, roleFiles} from '../../controller/pki/layout.ts';
import {agentPort} from '../lab/agents.ts';
import {pkiDirectory} from '../lab/product.ts';

const deadlineMs = 5000;
const [epochText, ...hosts] = process.argv.slice(2);
const epoch = Number(epochText);
const {certificate, key} = roleFiles(pkiDirectory, {kind: 'controller'});
const files = {ca: caFiles(pkiDirectory).certificate, certificate, key, crl: undefined};
const credentials = await clientCredentials(files);

const reasonOf = async (work: () => Promise<unknown>): Promise<string> => {
  try {
    await work();
    return 'done';
  } catch (error) {
    return error instanceof AgentRefused ? error.reason : String(error);
  }
};

const askAll = async (agent: Agent): Promise<string[]> => {
  const operationId = `stale-${agent.host}`;
  const open = {cluster: 'lab', operationId, epoch, deadlineMs, port: 3306, purpose: 'online start'};
  const operate = async (): Promise<void> => {
    const operation = await agent.operate({...open, expectedVips: [], takesOver: ''});
    await operation.intent({$case: 'promote', value: {startEventScheduler: true}}, () => {});
    await operation.commit();
  };
  return [
    await reasonOf(operate),
    await reasonOf(() => agent.undo({cluster: 'lab', operationId, epoch}, {deadlineMs})),
  ];
};

const answers: Record<string, string[]> = {};
for (const [host = '', address = ''] of hosts.map(text => text.split('='))) {
  const {client, close} = connectAgent({host, address, port: agentPort}, credentials);
  answers[host] = await askAll(new Agent({host, client}));
  close();
}
process.stdout.write(`${JSON.stringify(answers)}\n`);
process.exit();
