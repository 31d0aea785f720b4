/**
 * The plainest relay there is: pass on what was not seen before, to everybody but the one it came from. No identities, no policies, no checks, no store,
 * no bound: the limit of what a carrier allows.
 */

/** @import { BenchNode, StartOptions } from '../../lib/types.d.mts' */

/**
 * @typedef {object} Wire one end of a link
 * @property {(message: Uint8Array) => void} send
 * @property {() => void} close
 *
 * @typedef {object} Listener
 * @property {(message: Buffer) => void} message
 * @property {() => void} closed
 *
 * @typedef {(wire: Wire, dialled: boolean) => Listener} Attach called once per end, as soon as it can send
 *
 * @typedef {object} Carrier
 * @property {(attach: Attach) => Promise<{ offer: string, close: () => Promise<void> }>} listen
 * @property {(offer: string, attach: Attach) => Promise<void>} dial
 */

/** The bytes of a datum by which it is known. */
const ID_BYTES = 8;

/**
 * @param {Carrier} carrier
 * @returns {(options: StartOptions) => Promise<BenchNode>}
 */
export function floodOver(carrier) {
  return async ({ onDelivery }) => {
    /** @type {Set<string>} */
    const seen = new Set();
    /** @type {Set<Wire>} */
    const wires = new Set();
    /** @type {Attach} */
    const attach = (wire) => {
      wires.add(wire);
      return {
        message: (message) => {
          const id = message.toString('latin1', 0, ID_BYTES);
          if (seen.has(id)) return;
          seen.add(id);
          for (const other of wires) if (other !== wire) other.send(message);
          onDelivery(message);
        },
        closed: () => void wires.delete(wire),
      };
    };
    const { offer, close } = await carrier.listen(attach);
    return {
      offer: () => Promise.resolve(offer),
      link: (to) => carrier.dial(to, attach),
      links: () => wires.size,
      publish: (payload) => {
        seen.add(Buffer.from(payload.buffer, payload.byteOffset, ID_BYTES).toString('latin1'));
        for (const wire of wires) wire.send(payload);
      },
      stop: async () => {
        for (const wire of wires) wire.close();
        await close();
      },
    };
  };
}
