import {connect} from 'node:net';

/**
 * Whether an mysqld greets at this address within the bound. The handshake is answered, with an account that does not
 * exist, and refused by the server: a connection that is dropped instead counts as an error of this host's, and after
 * `max_connect_errors` of them (100) the server would lock out MHA, too.
 */
export const greetMysqld = (
  {address, port}: {readonly address: string; readonly port: number},
  timeoutMs: number,
): Promise<{readonly greetedMs: number} | undefined> =>
  new Promise(resolve => {
    let greetedMs: number | undefined;
    const socket = connect({host: address, port, noDelay: true});
    const settle = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(greetedMs === undefined ? undefined : {greetedMs});
    };
    const timer = setTimeout(settle, timeoutMs);
    socket.on('error', settle).on('close', settle);
    socket.on('data', packet => {
      const kind = packet[4];
      if (greetedMs === undefined) {
        greetedMs = performance.now();
        if (kind !== protocolVersion) return settle(); // an error instead of a greeting: it lives, and wants nobody
        return void socket.write(login);
      }
      if (kind === switchMethod) return void socket.write(Buffer.from([0, 0, 0, (packet[3] ?? 0) + 1]));
      if (kind === welcome) socket.write(quit);
      return settle();
    });
  });

const protocolVersion = 10;
const welcome = 0x00;
/** The server wants another way to log in: an empty answer is refused as well. */
const switchMethod = 0xfe;
const quit = Buffer.from([1, 0, 0, 0, 1]);

/** What the server's log calls us. */
const account = 'mha_helper_probe';

const login = ((): Buffer => {
  const capabilities = 0x0000_0200 | 0x0000_8000 | 0x0008_0000; // protocol 4.1, secure connection, plugin name
  const fixed = Buffer.alloc(32);
  fixed.writeUInt32LE(capabilities, 0);
  fixed.writeUInt32LE(1 << 24, 4); // longest packet
  fixed.writeUInt8(45, 8); // utf8mb4
  const body = Buffer.concat([fixed, Buffer.from(`${account}\0\0mysql_native_password\0`, 'latin1')]);
  const head = Buffer.alloc(4);
  head.writeUIntLE(body.length, 0, 3);
  head.writeUInt8(1, 3);
  return Buffer.concat([head, body]);
})();
