/** Seals each message of a carrier with ChaCha20-Poly1305. The key is fixed and nobody is authenticated: what sealing itself costs. */
import { createCipheriv, createDecipheriv } from 'node:crypto';

/** @import { Carrier, Attach } from './flood.js' */

const CIPHER = 'chacha20-poly1305';
const TAG = { authTagLength: 16 };
const KEY = Buffer.alloc(32, 7);

/**
 * @param {Carrier} carrier
 * @returns {Carrier}
 */
export function sealed(carrier) {
  return {
    listen: (attach) => carrier.listen(sealing(attach)),
    dial: (offer, attach) => carrier.dial(offer, sealing(attach)),
  };
}

/**
 * @param {Attach} attach
 * @returns {Attach}
 */
function sealing(attach) {
  return (wire, dialled) => {
    const [sent, received] = [nonces(dialled), nonces(!dialled)];
    const inner = attach({ send: (message) => wire.send(seal(message, sent())), close: wire.close }, dialled);
    return { message: (message) => inner.message(open(message, received())), closed: inner.closed };
  };
}

/**
 * A counter for each direction.
 * @param {boolean} dialled
 */
function nonces(dialled) {
  const nonce = Buffer.alloc(12);
  nonce[0] = dialled ? 1 : 0;
  let count = 0;
  return () => {
    nonce.writeUInt32LE(count >>> 0, 4);
    nonce.writeUInt32LE(Math.floor(count / 2 ** 32), 8);
    count += 1;
    return nonce;
  };
}

/**
 * @param {Uint8Array} message
 * @param {Buffer} nonce
 */
function seal(message, nonce) {
  const cipher = createCipheriv(CIPHER, KEY, nonce, TAG);
  const text = cipher.update(message);
  cipher.final();
  return Buffer.concat([text, cipher.getAuthTag()]);
}

/**
 * @param {Buffer} sealedMessage
 * @param {Buffer} nonce
 */
function open(sealedMessage, nonce) {
  const decipher = createDecipheriv(CIPHER, KEY, nonce, TAG);
  const end = sealedMessage.length - TAG.authTagLength;
  decipher.setAuthTag(sealedMessage.subarray(end));
  const message = decipher.update(sealedMessage.subarray(0, end));
  decipher.final();
  return message;
}
