/**
 * What an agent saved, as the agent sees it: decoded when read, frozen, and kept as CBOR until then.
 */
import { decodePayload, encodePayload } from '../marks/payload.ts';
import { HearsayError, assert } from '../errors.ts';
import { isReserved } from '../marks/paths.ts';
import type { Saved } from '../store/store.ts';

/** A live, read-only map. Values are decoded once per save and deeply frozen, so that nobody can change what is on disk by accident. */
export class SavedView implements ReadonlyMap<string, unknown> {
  readonly #bytes: Map<string, Uint8Array>;
  readonly #decoded: Map<string, unknown> = new Map();
  readonly #maxBytes: number;
  #size = 0;

  /** @param maxBytes of all keys and values together, less what wrappers save: that is theirs to bound */
  constructor(saved: ReadonlyMap<string, Uint8Array>, maxBytes: number) {
    this.#bytes = new Map(saved);
    this.#maxBytes = maxBytes;
    for (const [key, bytes] of saved) this.#size += sizeOf(key, bytes);
  }

  get size(): number {
    return this.#bytes.size;
  }

  has(key: string): boolean {
    return this.#bytes.has(key);
  }

  get(key: string): unknown {
    const bytes = this.#bytes.get(key);
    if (bytes === undefined) return undefined;
    if (this.#decoded.has(key)) return this.#decoded.get(key);
    const decoded = decodePayload(bytes);
    assert(decoded.ok, `what was saved under ${key} can be read again`);
    const value = deepFreeze(decoded.value);
    this.#decoded.set(key, value);
    return value;
  }

  *keys(): MapIterator<string> {
    yield* this.#bytes.keys();
  }

  *values(): MapIterator<unknown> {
    for (const key of this.#bytes.keys()) yield this.get(key);
  }

  *entries(): MapIterator<[string, unknown]> {
    for (const key of this.#bytes.keys()) yield [key, this.get(key)];
  }

  [Symbol.iterator](): MapIterator<[string, unknown]> {
    return this.entries();
  }

  forEach(visit: (value: unknown, key: string, map: ReadonlyMap<string, unknown>) => void): void {
    for (const [key, value] of this) visit(value, key, this);
  }

  /** Takes over what an event saved. Call {@link check} for all of them first. */
  apply(changes: readonly Saved[]): void {
    for (const { key, value } of changes) {
      this.#size += sizeOf(key, value) - sizeOf(key, this.#bytes.get(key));
      this.#decoded.delete(key);
      if (value === undefined) this.#bytes.delete(key);
      else this.#bytes.set(key, value);
    }
  }

  /** @throws HearsayError `HEARSAY_TOO_LARGE` when the changes would not fit. */
  check(changes: readonly Saved[]): void {
    let size = this.#size;
    // Of several changes of one key the last counts.
    const last = new Map(changes.map(({ key, value }) => [key, value]));
    for (const [key, value] of last) size += sizeOf(key, value) - sizeOf(key, this.#bytes.get(key));
    if (size <= this.#maxBytes) return;
    throw new HearsayError('HEARSAY_TOO_LARGE', { field: 'save', rule: `to keep within limits.maxSavedBytes (${this.#maxBytes} bytes)`, value: size });
  }
}

/** The CBOR of a value to save. @throws HearsayError `HEARSAY_BAD_DATA` for what CBOR cannot carry, `HEARSAY_TOO_LARGE` past `maxBytes` */
export function encodeSaved(value: unknown, maxBytes: number): Uint8Array {
  return encodePayload(value, maxBytes);
}

function sizeOf(key: string, value: Uint8Array | undefined): number {
  return value === undefined || isReserved(key) ? 0 : key.length + value.length;
}

function deepFreeze(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}
