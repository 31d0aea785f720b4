/**
 * What makes two data the same: topic, mark and payload, and nothing of how they came (DESIGN 5).
 */
import { primitives } from '../crypto/index.ts';
import { HearsayError } from '../errors.ts';
import { madeRumorId } from '../ids.ts';
import type { RumorId } from '../ids.ts';
import { keepNewest } from '../keep-newest.ts';
import { isName, MAX_NAME_BYTES } from './names.ts';

const encoder = new TextEncoder();
/** Keeps these hashes apart from every other use of SHA-256, here and in later versions. */
const DOMAIN = encoder.encode('hearsay/1 datum');

/** Preimages up to this size are put together in one place (our choice: of so much a hash in two parts costs as little as one of a copy, 12 us each). */
const SCRATCH_BYTES = 16 * 1024;
/** What stands before the payload is kept for so many topics, and for so many marks of each; at the limit the oldest goes (our choice). */
const MAX_KNOWN = 64;

// One for all: hashing never waits, so that no two are ever at it.
let scratch: Uint8Array | undefined;
/** By topic and mark. */
const prefixes = new Map<string, Map<string, Uint8Array>>();

/**
 * SHA-256 over domain tag, length and text of topic and of mark, and the payload bytes as received.
 * @param topic 1 to 64 bytes of UTF-8
 * @param mark 1 to 64 bytes of UTF-8. A peer's must have been checked with `isMark` before
 * @throws HearsayError `HEARSAY_BAD_DATA` for another topic or mark.
 */
export function rumorId(topic: string, mark: string, payload: Uint8Array): RumorId {
  const prefix = prefixOf(topic, mark);
  const length = prefix.length + payload.length;
  if (length > SCRATCH_BYTES) return madeRumorId(primitives().sha256HexOf(prefix, payload));
  scratch ??= new Uint8Array(SCRATCH_BYTES);
  scratch.set(prefix);
  scratch.set(payload, prefix.length);
  return madeRumorId(primitives().sha256Hex(new Uint8Array(scratch.buffer, 0, length)));
}

function prefixOf(topic: string, mark: string): Uint8Array {
  const known = prefixes.get(topic)?.get(mark);
  if (known !== undefined) return known;
  const topicBytes = nameBytes('topic', topic);
  const markBytes = nameBytes('mark', mark);
  const made = Uint8Array.of(...DOMAIN, topicBytes.length, ...topicBytes, markBytes.length, ...markBytes);
  const marks = prefixes.get(topic) ?? putBounded(prefixes, topic, new Map<string, Uint8Array>());
  return putBounded(marks, mark, made);
}

function putBounded<T>(map: Map<string, T>, key: string, value: T): T {
  map.set(key, value);
  keepNewest(map, MAX_KNOWN);
  return value;
}

function nameBytes(field: string, name: string): Uint8Array {
  if (!isName(name)) throw new HearsayError('HEARSAY_BAD_DATA', { field, rule: `to be 1 to ${MAX_NAME_BYTES} bytes of well-formed text`, value: name });
  return encoder.encode(name);
}
