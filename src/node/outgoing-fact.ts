/**
 * What an agent says to its subscribers, on its way to any number of them.
 */
import type { FactEffect, Mark } from '../agent.ts';
import type { RumorId } from '../ids.ts';
import type { Limits } from '../limits.ts';
import { bytesHead, encodeToSend } from '../marks/payload.ts';

/** What a rumor has around its payload: kind, hops, mark with its length, and the heads of CBOR (our choice, generous). */
const RUMOR_HEADER_BYTES = 128;

/** The largest payload that crosses a link, in bytes: a datum of the largest size within a rumor. */
export function maxWireBytes({ maxPayloadBytes }: Limits): number {
  return maxPayloadBytes + RUMOR_HEADER_BYTES;
}

/** A rumor that subscribers may have from others by now: they are offered it, and given it when they ask. */
export interface OfferedRumor {
  readonly id: RumorId;
  /** As on the wire. */
  readonly hops: number;
  readonly bytes: number;
}

/** What is offered of a fact before it is sent; `undefined`: it is sent at once. */
export function offerOf(effect: FactEffect, limits: Limits): OfferedRumor | undefined {
  const { rumor: id, owedHops: hops, offer, parts } = effect;
  if (offer !== true || id === undefined || hops === undefined) return undefined;
  const data = parts === undefined ? effect.data : undefined;
  const bytes = data instanceof Uint8Array ? data.length : parts === undefined ? 0 : parts[0].length + parts[1].length;
  return bytes < limits.offerFromBytes || bytes > maxWireBytes(limits) ? undefined : { id, hops, bytes };
}

/** A fact on its way to any number of subscribers; encoded once, and only if somebody needs the bytes. */
export class OutgoingFact {
  readonly mark: Mark;
  /** Its number in the log of what the agent owes (Store.owe), if it has one. */
  readonly number: number | undefined;
  /** Set: it is offered. */
  readonly offer: OfferedRumor | undefined;
  /** Somebody was offered it. */
  isOffered = false;
  readonly #source: FactSource;
  readonly #maxBytes: number;
  #payload: Parts | undefined;
  #fault: Error | undefined;

  /** @param maxBytes of the payload. See `maxWireBytes`. */
  constructor(source: FactSource, maxBytes: number, number?: number, offer?: OfferedRumor) {
    this.number = number;
    this.offer = offer;
    this.mark = source.mark;
    this.#source = source;
    this.#maxBytes = maxBytes;
  }

  get data(): unknown {
    return this.#source.data;
  }

  /** In two parts, of which the first may be empty. `undefined` when CBOR cannot carry it, or it is too large: see {@link fault}. */
  get payload(): Parts | undefined {
    if (this.#payload !== undefined || this.#fault !== undefined) return this.#payload;
    try {
      this.#payload = encodeParts(this.#source, this.#maxBytes);
    } catch (error) {
      this.#fault = error as Error;
    }
    return this.#payload;
  }

  /** Why those who needed the bytes did not get it: `HEARSAY_BAD_DATA` or `HEARSAY_TOO_LARGE`. */
  get fault(): Error | undefined {
    return this.#fault;
  }
}

/** Where a fact's data are. */
export type FactSource = Pick<FactEffect, 'mark' | 'data' | 'parts'>;
type Parts = readonly [head: Uint8Array, rest: Uint8Array];
const NONE = new Uint8Array(0);

/** @throws HearsayError as `encodeToSend` does */
function encodeParts(source: FactSource, maxBytes: number): Parts {
  const { parts } = source;
  const length = parts === undefined ? 0 : parts[0].length + parts[1].length;
  const head = bytesHead(length);
  if (parts === undefined || head === undefined || head.length + length > maxBytes) return [NONE, encodeToSend(source.data, maxBytes)];
  return [joined(head, parts[0]), parts[1]];
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(one.length + other.length);
  bytes.set(one);
  bytes.set(other, one.length);
  return bytes;
}
