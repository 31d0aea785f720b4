/**
 * What is published: a header by which arrivals are counted, and filler. The first eight bytes are different for each datum.
 *
 *   0 kind (0 datum, 1 confirmation) · 1 process · 2 publisher (2 bytes) · 4 number (4 bytes) · 8 when it was published (8 bytes)
 */
import { randomBytes } from 'node:crypto';
import process from 'node:process';

export const HEADER_BYTES = 16;
export const DATUM = 0;
export const CONFIRMATION = 1;

/** The machine's monotonic clock in ms: one for all processes. */
export const nowMs = () => Number(process.hrtime.bigint()) / 1e6;

/** @typedef {{ kind: number, process: number, publisher: number, number: number }} Header */

/** @type {Map<number, Buffer>} */
const fillers = new Map();

/**
 * @param {Header} header
 * @param {number} bytes its whole length
 * @returns {Buffer} a new one each time
 */
export function datum({ kind, process, publisher, number }, bytes) {
  let filler = fillers.get(bytes);
  if (filler === undefined) fillers.set(bytes, (filler = randomBytes(bytes)));
  const made = Buffer.from(filler);
  made[0] = kind;
  made[1] = process;
  made.writeUInt16LE(publisher, 2);
  made.writeUInt32LE(number, 4);
  made.writeDoubleLE(nowMs(), 8);
  return made;
}

/**
 * @param {Uint8Array} payload
 * @returns {Header & { publishedMs: number }}
 */
export function read(payload) {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  return {
    kind: view.getUint8(0),
    process: view.getUint8(1),
    publisher: view.getUint16(2, true),
    number: view.getUint32(4, true),
    publishedMs: view.getFloat64(8, true),
  };
}
