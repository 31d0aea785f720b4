/** The graph the nodes are linked in: random, regular, connected, and the same for the same seed. */

/**
 * A small generator (mulberry32), so that a seed gives the same graph everywhere.
 * @param {number} seed
 * @returns {(bound: number) => number} whole numbers from 0 to below the bound
 */
export function dice(seed) {
  let state = seed >>> 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound);
  };
}

/**
 * @param {number} nodes
 * @param {number} degree links of each node
 * @param {number} seed
 * @returns {[number, number][]} pairs of nodes, in random order
 */
export function regularGraph(nodes, degree, seed) {
  if (degree >= nodes || (nodes * degree) % 2 !== 0) throw new RangeError(`No graph of ${nodes} nodes has ${degree} links at each.`);
  const below = dice(seed);
  for (;;) {
    const edges = pairing(nodes, degree, below);
    if (edges !== undefined && isConnected(nodes, edges)) return edges;
  }
}

/**
 * The pairing model, two free ends at a time; starts over when only unusable ends are left.
 * @param {number} nodes
 * @param {number} degree
 * @param {(bound: number) => number} below
 * @returns {[number, number][] | undefined}
 */
function pairing(nodes, degree, below) {
  const ends = Array.from({ length: nodes * degree }, (_, i) => i % nodes);
  const linked = new Set();
  /** @type {[number, number][]} */
  const edges = [];
  let misses = 0;
  while (ends.length > 0) {
    const i = below(ends.length);
    const j = below(ends.length);
    const [a, b] = [Number(ends[i]), Number(ends[j])];
    const key = a < b ? `${a}-${b}` : `${b}-${a}`;
    if (a === b || linked.has(key)) {
      misses += 1;
      if (misses > 1000) return undefined;
      continue;
    }
    linked.add(key);
    edges.push([a, b]);
    for (const at of [Math.max(i, j), Math.min(i, j)]) ends.splice(at, 1);
  }
  return edges;
}

/**
 * @param {number} nodes
 * @param {[number, number][]} edges
 */
function isConnected(nodes, edges) {
  const reached = new Set([0]);
  for (let before = 0; before < reached.size; ) {
    before = reached.size;
    for (const [a, b] of edges) if (reached.has(a) || reached.has(b)) reached.add(a).add(b);
  }
  return reached.size === nodes;
}
