/**
 * Who is whose friend: graphs like those that people make, and graphs from a file. Pure.
 * Sources: Watts and Strogatz 1998; Holme and Kim 2002; a circulant graph whose edges are switched at random for the regular one.
 */
import { HearsayError } from '../../errors.ts';
import type { Random } from '../../random.ts';

/** By node, its friends. Friendship goes both ways, and nobody is their own friend. */
export type Friends = readonly (readonly number[])[];

/** What the graphs are called. `overlay`: no pals at all, but the neighbours of a topic. */
export const GRAPH_NAMES = ['small-world', 'holme-kim', 'regular', 'overlay'] as const;
export type GraphName = (typeof GRAPH_NAMES)[number];

/** Share of the edges of a small world that lead anywhere (research 3.1). */
const REWIRED_SHARE = 0.1;
/** How often a new node's next friend is a friend of its last one, in a Holme-Kim graph (our choice: it gives the clustering of 0.16 of research 3.1). */
const TRIAD_SHARE = 0.5;
/** Switches per edge of a regular graph: after some ten nothing is left of the beginning (our choice, as in the literature on switching). */
const SWITCHES_PER_EDGE = 10;

/** A ring in which everybody knows `degree` neighbours, and then one edge in ten leads anywhere. `degree` is even. */
export function smallWorld(nodes: number, degree: number, random: Random): Friends {
  const friends = sets(nodes);
  for (let step = 1; step <= degree / 2; step += 1) for (let node = 0; node < nodes; node += 1) join(friends, node, (node + step) % nodes);
  for (let step = 1; step <= degree / 2; step += 1) {
    for (let node = 0; node < nodes; node += 1) {
      const mine = friends[node] as Set<number>;
      if (!happens(REWIRED_SHARE, random) || mine.size >= nodes - 1) continue;
      let other = random.below(nodes);
      while (other === node || mine.has(other)) other = random.below(nodes);
      part(friends, node, (node + step) % nodes);
      join(friends, node, other);
    }
  }
  return lists(friends);
}

/** Nodes come one by one, and each makes half of `degree` friends: the well-known sooner, and often a friend's friend. `degree` is even. */
export function holmeKim(nodes: number, degree: number, random: Random): Friends {
  const each = degree / 2;
  const friends = sets(nodes);
  // A node stands here once for each of its edges, so a throw prefers those with many.
  const ends: number[] = Array.from({ length: each }, (_, node) => node);
  for (let node = each; node < nodes; node += 1) {
    const mine = friends[node] as Set<number>;
    let last: number | undefined;
    while (mine.size < each) {
      const closing: readonly number[] = last !== undefined && happens(TRIAD_SHARE, random) ? [...(friends[last] as Set<number>)].filter((other) => other !== node && !mine.has(other)) : [];
      const chosen = closing.length > 0 ? (closing[random.below(closing.length)] as number) : (ends[random.below(ends.length)] as number);
      if (mine.has(chosen)) continue;
      if (closing.length === 0) last = chosen;
      join(friends, node, chosen);
    }
    for (const other of mine) ends.push(other, node);
  }
  return lists(friends);
}

/** Everybody has `degree` friends, whoever. `degree` is even. */
export function randomRegular(nodes: number, degree: number, random: Random): Friends {
  const friends = sets(nodes);
  const edges: [number, number][] = [];
  for (let step = 1; step <= degree / 2; step += 1) {
    for (let node = 0; node < nodes; node += 1) {
      const other = (node + step) % nodes;
      if (join(friends, node, other)) edges.push([node, other]);
    }
  }
  for (let i = 0; i < edges.length * SWITCHES_PER_EDGE; i += 1) {
    const one = edges[random.below(edges.length)] as [number, number];
    const other = edges[random.below(edges.length)] as [number, number];
    if (random.below(2) === 0) other.reverse();
    const [[a, b], [c, d]] = [one, other];
    if (a === d || c === b || friends[a]?.has(d) === true || friends[c]?.has(b) === true) continue;
    part(friends, a, b);
    part(friends, c, d);
    join(friends, a, d);
    join(friends, c, b);
    one[1] = d;
    other[1] = b;
  }
  return lists(friends);
}

/**
 * Reads a list of edges: two names a line, whatever follows them, in the order of their coming numbered from 0. Lines that start with # or % say nothing
 * (as in the collections of SNAP and KONECT).
 * @throws HearsayError `HEARSAY_BAD_CONFIG` naming the line.
 */
export function readEdgeList(text: string): Friends {
  const numbers = new Map<string, number>();
  const friends: Set<number>[] = [];
  const numberOf = (name: string): number => {
    const known = numbers.get(name);
    if (known !== undefined) return known;
    friends.push(new Set());
    numbers.set(name, friends.length - 1);
    return friends.length - 1;
  };
  for (const [at, line] of text.split('\n').entries()) {
    const words = line.split(/[\s,;]+/).filter((word) => word !== '');
    if (words.length === 0 || /^[#%]/.test(words[0] as string)) continue;
    const [one, other] = words;
    if (one === undefined || other === undefined) throw new HearsayError('HEARSAY_BAD_CONFIG', { field: 'graph', rule: 'to have two names on each line', value: `line ${at + 1}` });
    join(friends, numberOf(one), numberOf(other));
  }
  return lists(friends);
}

/** The friends of both. The graphs are of one size. */
export function combined(one: Friends, other: Friends): Friends {
  return one.map((friends, node) => [...new Set([...friends, ...(other[node] ?? [])])]);
}

function happens(share: number, random: Random): boolean {
  return random.below(1_000_000) < share * 1_000_000;
}

function sets(nodes: number): Set<number>[] {
  return Array.from({ length: nodes }, () => new Set<number>());
}

function lists(friends: readonly ReadonlySet<number>[]): Friends {
  return friends.map((mine) => [...mine]);
}

function join(friends: readonly Set<number>[], one: number, other: number): boolean {
  const mine = friends[one] as Set<number>;
  if (one === other || mine.has(other)) return false;
  mine.add(other);
  friends[other]?.add(one);
  return true;
}

function part(friends: readonly Set<number>[], one: number, other: number): void {
  friends[one]?.delete(other);
  friends[other]?.delete(one);
}
