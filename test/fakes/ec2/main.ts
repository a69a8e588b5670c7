// The endpoint as a process of its own, for a host of the lab: main.ts ADDRESS PORT. On SIGUSR2 it prints what it knows.
import {startEc2} from './server.ts';

const [host = '127.0.0.1', port = '8480'] = process.argv.slice(2);
const {world, calls} = await startEc2({host, port: Number(port)});
process.on('SIGUSR2', () => {
  process.stdout.write(`${JSON.stringify({world, calls})}\n`);
});
process.stdout.write('ready\n');
