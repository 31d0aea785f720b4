/**
 * The payload codec: data to bytes and back. One value has one form, so that equal data get equal ids wherever they are said.
 * It is not a general CBOR codec: it knows this profile and refuses the rest.
 *
 * The profile: RFC 8949 section 4.2.1 (shortest heads, definite lengths, map keys in the bytewise order of their encodings) and
 * - `null`, booleans, text of well-formed UTF-8, byte strings, arrays, and maps with text keys other than `__proto__`;
 * - a number is an integer if it is a safe one, else the shortest float that is exactly it; `-0` is `0`, and there is one NaN;
 * - a bigint is for what numbers cannot count, up to 64 bits: smaller ones would come back as numbers and are refused;
 * - no `undefined` (left out of objects, as JSON does), no tags, no other simple values, at most 16 containers deep.
 *
 * Why not a library: cborg 6.1.5 writes most half-precision subnormals as singles and loses a leading U+FEFF when it reads, and its
 * strict mode takes unsorted keys, over-long floats and unbounded depth. In the tests it stands as the second opinion.
 */
export { decodePayload, viewBytes } from './payload-decode.ts';
export type { DecodedPayload, PayloadReason } from './payload-decode.ts';
export { bytesHead, encodePayload, encodeToSend } from './payload-encode.ts';
