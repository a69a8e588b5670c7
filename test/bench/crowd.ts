// crowd.ts SOCKET COUNT: opens so many idle application connections and says when it has them. A process of its own, so that
// what it costs the clients to lose them is not measured with what it costs the agent. Ends with its stdin.
import mysql from 'mysql2';

const [socketPath = '', count = '0'] = process.argv.slice(2);

const open = (): Promise<void> =>
  new Promise((resolve, reject) => {
    const connection = mysql.createConnection({socketPath, user: 'app', password: 'app', connectTimeout: 60_000});
    connection.on('error', () => {}); // being killed is what it is for
    connection.connect(error => (error === null ? resolve() : reject(error)));
  });

let left = Number(count);
const openOneAfterTheOther = async (): Promise<void> => {
  while (left-- > 0) await open();
};
await Promise.all(Array.from({length: 32}, openOneAfterTheOther));
process.stdout.write('open\n');
process.stdin.resume().once('end', () => process.exit(0));
