/** The flood over Hyperswarm's encrypted, authenticated streams, which have no relay of their own. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import SecretStream from '@hyperswarm/secret-stream';
import { floodOver } from './flood/flood.js';

/** @import { AddressInfo } from 'node:net' */
/** @import { Attach, Carrier } from './flood/flood.js' */

export const installs = ['@hyperswarm/secret-stream'];
export const setup = 'flood, TCP, Noise by @hyperswarm/secret-stream';

/** @type {Carrier} */
const overSecretStream = {
  listen: async (attach) => {
    const server = createServer((socket) => void use(new SecretStream(false, socket.setNoDelay(true)), attach, false));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = /** @type {AddressInfo} */ (server.address());
    return { offer: String(port), close: () => new Promise((resolve) => server.close(() => resolve())) };
  },
  dial: async (offer, attach) => {
    const socket = connect(Number(offer), '127.0.0.1').setNoDelay(true);
    await once(socket, 'connect');
    await use(new SecretStream(true, socket), attach, true);
  },
};

/**
 * A write is a message at the other end: the stream frames what it encrypts.
 * @param {SecretStream} stream
 * @param {Attach} attach
 * @param {boolean} dialled
 */
async function use(stream, attach, dialled) {
  stream.on('error', () => undefined); // `close` follows
  if (!(await stream.opened)) throw new Error('The handshake of a secret stream failed.');
  const listener = attach({ send: (message) => void stream.write(message), close: () => stream.destroy() }, dialled);
  stream.on('data', (/** @type {Buffer} */ message) => listener.message(message));
  stream.on('close', () => listener.closed());
}

export const start = floodOver(overSecretStream);
