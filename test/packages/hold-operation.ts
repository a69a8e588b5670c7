// hold-operation.ts HOST CIDR INTERFACE: runs in a container. It opens an operation at the host's agent, takes the VIP off,
// says "released", and keeps the operation open until the agent ends it; then it says "ended".
import {connectAgent} from '../../controller/agents/connect.ts';
import {clientCredentials} from '../../controller/agents/credentials.ts';

const [host = '', cidr = '', device = ''] = process.argv.slice(2);
const pki = '/etc/mha-helper/pki';
const files = {ca: `${pki}/ca.crt`, certificate: `${pki}/controller.crt`, key: `${pki}/controller.key`, crl: undefined};

const hold = async (): Promise<void> => {
  const {client} = connectAgent({host, address: '127.0.0.1', port: 7306}, await clientCredentials(files));
  const stream = client.operate();
  const vip = {cidr, interface: device, announce: true, detectMs: 0, sudo: false, tombstoneMs: 0};
  const end = (why: string): void => {
    console.log(`ended ${why}`);
    process.exit(0);
  };
  stream.on('error', error => end(error.message));
  stream.on('end', () => end('by the agent'));
  // Open has a result of its own.
  const steps = ['opened', 'released'];
  stream.on('data', ({event}) => {
    if (event?.$case === 'result') console.log(event.value.failure === undefined ? steps.shift() : 'refused');
  });
  const opening = {
    cluster: 'c',
    operationId: 'held',
    epoch: 1,
    deadlineMs: 120_000,
    port: 3306,
    purpose: 'test',
    takesOver: '',
  };
  stream.write({instruction: {$case: 'open', value: {...opening, expectedVips: []}}});
  stream.write({instruction: {$case: 'releaseVip', value: {vips: [vip]}}});
};

void hold();
