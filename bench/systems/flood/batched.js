/** Puts the messages that one turn of the event loop has for a link into one, each behind its length. */

/** @import { Attach, Carrier } from './flood.js' */

const LENGTH_BYTES = 4;
/** A batch is sent early at this size: as much as one frame of Noise holds. */
const FULL_BYTES = 60 * 1024;

/**
 * @param {Carrier} carrier
 * @returns {Carrier}
 */
export function batched(carrier) {
  return {
    listen: (attach) => carrier.listen(batching(attach)),
    dial: (offer, attach) => carrier.dial(offer, batching(attach)),
  };
}

/**
 * @param {Attach} attach
 * @returns {Attach}
 */
function batching(attach) {
  return (wire, dialled) => {
    /** @type {Uint8Array[]} */
    let waiting = [];
    let bytes = 0;
    const flush = () => {
      if (waiting.length === 0) return;
      wire.send(Buffer.concat(waiting, bytes));
      [waiting, bytes] = [[], 0];
    };
    const send = (/** @type {Uint8Array} */ message) => {
      if (waiting.length === 0) setImmediate(flush);
      const length = Buffer.allocUnsafe(LENGTH_BYTES);
      length.writeUInt32LE(message.length);
      waiting.push(length, message);
      bytes += LENGTH_BYTES + message.length;
      if (bytes >= FULL_BYTES) flush();
    };
    const inner = attach({ send, close: wire.close }, dialled);
    return { message: (batch) => split(batch, inner.message), closed: inner.closed };
  };
}

/**
 * @param {Buffer} batch
 * @param {(message: Buffer) => void} each
 */
function split(batch, each) {
  for (let at = 0; at < batch.length; ) {
    const from = at + LENGTH_BYTES;
    at = from + batch.readUInt32LE(at);
    each(batch.subarray(from, at));
  }
}
