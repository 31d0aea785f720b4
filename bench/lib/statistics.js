/** Medians, and what lies around them. */

/**
 * @param {readonly number[]} values
 * @returns {number} NaN of nothing
 */
export function median(values) {
  return quantile([...values].sort((a, b) => a - b), 0.5);
}

/**
 * @param {ArrayLike<number>} sorted
 * @param {number} share 0.99 for the 99th percentile
 * @returns {number} NaN of nothing; interpolated between neighbours
 */
export function quantile(sorted, share) {
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)] ?? NaN;
  const above = sorted[Math.ceil(at)] ?? NaN;
  return below + (above - below) * (at - Math.floor(at));
}
