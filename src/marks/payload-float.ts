/**
 * Half-precision floats (IEEE 754 binary16), which JavaScript has no name for on our oldest Node. Pure.
 */

const scratch = new DataView(new ArrayBuffer(4));

const HALF_MAX = 65_504;
const HALF_MIN_NORMAL = 2 ** -14;
/** What the fraction of a subnormal half counts: its smallest step is 2^-24. */
const HALF_UNITS = 2 ** 24;
/** The 13 fraction bits of a single that a half has no room for. */
const LOST_BITS = 0x1fff;
/** A single's exponent is biased by 127, a half's by 15. */
const REBIAS = (127 - 15) << 10;

/** The only NaN that is written. */
export const HALF_NAN = 0x7e00;

/** The 16 bits of the half that is exactly `value`, or `undefined` if there is none. NaN loses its payload. */
export function toHalf(value: number): number | undefined {
  if (Number.isNaN(value)) return HALF_NAN;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude === Infinity) return sign | 0x7c00;
  if (magnitude > HALF_MAX) return undefined;
  if (magnitude < HALF_MIN_NORMAL) {
    const units = magnitude * HALF_UNITS;
    return Number.isInteger(units) ? sign | units : undefined;
  }
  if (Math.fround(magnitude) !== magnitude) return undefined;
  scratch.setFloat32(0, magnitude);
  const single = scratch.getUint32(0);
  return (single & LOST_BITS) === 0 ? sign | ((single >>> 13) - REBIAS) : undefined;
}

/** The number that 16 bits stand for. */
export function fromHalf(bits: number): number {
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  const sign = (bits & 0x8000) === 0 ? 1 : -1;
  if (exponent === 0) return (sign * fraction) / HALF_UNITS;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}
