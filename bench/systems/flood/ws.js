/** Links of bare WebSockets: a message is a message. */
import { once } from 'node:events';
import { WebSocket, WebSocketServer } from 'ws';

/** @import { AddressInfo } from 'node:net' */
/** @import { Attach, Carrier } from './flood.js' */

/** @type {Carrier} */
export const overWs = {
  listen: async (attach) => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
    server.on('connection', (socket) => use(socket, attach, false));
    await once(server, 'listening');
    const { port } = /** @type {AddressInfo} */ (server.address());
    return { offer: `ws://127.0.0.1:${port}`, close: () => new Promise((resolve) => server.close(() => resolve())) };
  },
  dial: async (offer, attach) => {
    const socket = new WebSocket(offer, { perMessageDeflate: false });
    // From within the event: a first message may come in the same turn.
    socket.once('open', () => use(socket, attach, true));
    await once(socket, 'open');
  },
};

/**
 * @param {WebSocket} socket
 * @param {Attach} attach
 * @param {boolean} dialled
 */
function use(socket, attach, dialled) {
  const options = { binary: true, compress: false };
  const listener = attach({ send: (message) => socket.send(message, options), close: () => socket.terminate() }, dialled);
  socket.on('message', (data) => listener.message(/** @type {Buffer} */ (data)));
  socket.on('close', () => listener.closed());
  socket.on('error', () => undefined); // `close` follows
}
