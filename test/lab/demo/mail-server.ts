import {SMTPServer} from 'smtp-server';

/** A real mail server on the manager, a program of its own: prints each mail it took as one line of JSON. */
const server = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS', 'AUTH'],
  logger: false,
  onData: (stream, _session, done) => {
    const chunks: Buffer[] = [];
    stream.on('data', chunk => chunks.push(chunk));
    stream.on('end', () => {
      process.stdout.write(`${JSON.stringify(Buffer.concat(chunks).toString())}\n`);
      done();
    });
  },
});
server.listen(Number(process.argv[2]), '127.0.0.1', () => process.stdout.write('"listening"\n'));
// Whoever started this is gone.
process.stdin.on('end', () => process.exit(0)).resume();
