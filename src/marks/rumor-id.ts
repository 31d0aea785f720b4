/**
 * What makes two data the same: topic, mark and payload, and nothing of how they came (DESIGN 5).
 */
import { primitives } from '../crypto/index.ts';
import { HearsayError } from '../errors.ts';
import type { RumorId } from '../ids.ts';
import { isName, MAX_NAME_BYTES } from './names.ts';

const encoder = new TextEncoder();
/** Keeps these hashes apart from every other use of SHA-256, here and in later versions. */
const DOMAIN = encoder.encode('hearsay/1 datum');

/**
 * SHA-256 over domain tag, length and text of topic and of mark, and the payload bytes as received.
 * @param topic 1 to 64 bytes of UTF-8
 * @param mark 1 to 64 bytes of UTF-8. A peer's must have been checked with `isMark` before
 * @throws HearsayError `HEARSAY_BAD_DATA` for another topic or mark.
 */
export function rumorId(topic: string, mark: string, payload: Uint8Array): RumorId {
  const topicBytes = nameBytes('topic', topic);
  const markBytes = nameBytes('mark', mark);
  const preimage = new Uint8Array(DOMAIN.length + 2 + topicBytes.length + markBytes.length + payload.length);
  let at = 0;
  for (const part of [DOMAIN, [topicBytes.length], topicBytes, [markBytes.length], markBytes, payload]) {
    preimage.set(part, at);
    at += part.length;
  }
  return primitives().sha256Hex(preimage) as RumorId;
}

function nameBytes(field: string, name: string): Uint8Array {
  if (!isName(name)) throw new HearsayError('HEARSAY_BAD_DATA', { field, rule: `to be 1 to ${MAX_NAME_BYTES} bytes of well-formed text`, value: name });
  return encoder.encode(name);
}
