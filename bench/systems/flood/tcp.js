/** Links of bare TCP: each message behind its length, those of a turn in one write. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** @import { AddressInfo, Socket } from 'node:net' */
/** @import { Attach, Carrier } from './flood.js' */

const LENGTH_BYTES = 4;

/** @type {Carrier} */
export const overTcp = {
  listen: async (attach) => {
    const server = createServer((socket) => use(socket, attach, false));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = /** @type {AddressInfo} */ (server.address());
    return { offer: String(port), close: () => new Promise((resolve) => server.close(() => resolve())) };
  },
  dial: async (offer, attach) => {
    const socket = connect(Number(offer), '127.0.0.1');
    await once(socket, 'connect');
    use(socket, attach, true);
  },
};

/**
 * @param {Socket} socket
 * @param {Attach} attach
 * @param {boolean} dialled
 */
function use(socket, attach, dialled) {
  socket.setNoDelay(true);
  const send = (/** @type {Uint8Array} */ message) => {
    if (socket.writableCorked === 0) {
      socket.cork();
      setImmediate(() => socket.uncork());
    }
    const length = Buffer.allocUnsafe(LENGTH_BYTES);
    length.writeUInt32LE(message.length);
    socket.write(length);
    socket.write(message);
  };
  const listener = attach({ send, close: () => socket.destroy() }, dialled);
  socket.on('data', splitter(listener.message));
  socket.on('close', () => listener.closed());
  socket.on('error', () => undefined); // `close` follows
}

/**
 * @param {(message: Buffer) => void} each
 * @returns {(chunk: Buffer) => void}
 */
function splitter(each) {
  /** Pieces of a message that is not whole yet. @type {Buffer[]} */
  let pieces = [];
  let have = 0;
  let need = LENGTH_BYTES;
  return (chunk) => {
    pieces.push(chunk);
    have += chunk.length;
    if (have < need) return;
    const bytes = pieces.length === 1 ? chunk : Buffer.concat(pieces, have);
    let at = 0;
    need = LENGTH_BYTES;
    while (bytes.length - at >= LENGTH_BYTES) {
      const whole = LENGTH_BYTES + bytes.readUInt32LE(at);
      if (bytes.length - at < whole) {
        need = whole;
        break;
      }
      each(bytes.subarray(at + LENGTH_BYTES, at + whole));
      at += whole;
    }
    pieces = at === bytes.length ? [] : [bytes.subarray(at)];
    have = bytes.length - at;
  };
}
