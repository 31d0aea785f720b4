/** A running 64-bit hash of what happened: two runs that differ in one event differ in it. Pure. FNV-1a on two lanes; no defence against malice. */

const OFFSET_HIGH = 0xcbf29ce4;
const OFFSET_LOW = 0x84222325;
const PRIME_HIGH = 0x85ebca6b;
const PRIME_LOW = 0x01000193;

// Taken once: where globals are looked up slowly, as in a test runner's sandbox, the look-up is most of the cost.
const { floor, imul } = Math;

/** Of names, so that each is spelt out once. */
const codes = new Map<string, number>();

export class TraceHash {
  #high = OFFSET_HIGH;
  #low = OFFSET_LOW;

  /** Takes in a whole number from 0 to 2^53 - 1. */
  add(value: number): void {
    const low = value >>> 0;
    const high = floor(value / 2 ** 32) ^ this.#low;
    this.#low = imul(this.#low ^ low, PRIME_LOW);
    this.#high = imul(this.#high ^ low ^ high, PRIME_HIGH) ^ (this.#high >>> 15);
  }

  /** Takes in a name: of a kind of event, of which there are few. */
  addName(name: string): void {
    let code = codes.get(name);
    if (code === undefined) codes.set(name, (code = codeOf(name)));
    this.add(code);
  }

  /** Takes in another hash. */
  addHash(other: TraceHash): void {
    this.add(other.#high >>> 0);
    this.add(other.#low >>> 0);
  }

  /** 16 hex digits. */
  toString(): string {
    return hex(this.#high) + hex(this.#low);
  }
}

/** Short names that differ have different numbers. */
function codeOf(name: string): number {
  let code = 0;
  for (let at = 0; at < name.length; at += 1) code = (imul(code, 31) + name.charCodeAt(at)) >>> 0;
  return code;
}

function hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}
