/**
 * Who said it first? Guesses of an adversary whose spies are among the people, and how good they are. Pure.
 * Sources: Fanti et al. 2018 (Dandelion++) for recall and precision of first-spy estimators; research 4.2 for the strong form.
 */
import type { Random } from '../../random.ts';
import type { NodeIndex } from '../network.ts';
import type { Datum } from './datum.ts';
import type { Friends } from './graphs.ts';

/** What an adversary has and knows. */
export interface Adversary {
  readonly spies: ReadonlySet<NodeIndex>;
  /** Everybody's links. */
  readonly links: Friends;
  /** Whether nobody publishes what is their own, so that the publisher's friends are suspected and not the publisher. */
  readonly stems: boolean;
}

export interface Quality {
  /** Share of the data whose origin was guessed. */
  readonly recall: number;
  /** Mean over the data of: 0 for a wrong guess, and for a right one, 1 by the number of data for which the same origin was guessed. */
  readonly precision: number;
}

/**
 * The strong form: whoever handed it to the first spy on its stem; where no spy was on it, somebody next to its publisher, whom hop counts and
 * the known links give away exactly, or the publisher. Whom it suspects, all alike; nobody when it was never published.
 */
export function suspects(datum: Datum, { spies, links, stems }: Adversary): readonly NodeIndex[] {
  const spied = datum.stem.find(({ to }) => spies.has(to));
  if (spied !== undefined) return [spied.from];
  const [publisher] = datum.publishers;
  if (publisher === undefined) return [];
  return stems ? (links[publisher] ?? []) : [publisher];
}

/** The same of spies that leave each other out, which the estimator of research 4.2 does not. */
export function honestSuspects(datum: Datum, adversary: Adversary): readonly NodeIndex[] {
  return suspects(datum, adversary).filter((node) => !adversary.spies.has(node));
}

/** By time alone: from whom the first spy had it. */
export function firstSuspect({ firstSpied }: Datum): readonly NodeIndex[] {
  return firstSpied === undefined ? [] : [firstSpied.from];
}

/**
 * One guess for each datum, at random among its suspects.
 * @param round so many data in a row are of different origins, one of each: among those the precision is shared
 */
export function qualityOf(data: readonly Datum[], round: number, suspectsOf: (datum: Datum) => readonly NodeIndex[], random: Random): Quality {
  let [right, precise] = [0, 0];
  for (let from = 0; from < data.length; from += round) {
    const guesses = data.slice(from, from + round).map((datum) => ({ datum, guess: oneOf(suspectsOf(datum), random) }));
    const counts = new Map<NodeIndex | undefined, number>();
    for (const { guess } of guesses) counts.set(guess, (counts.get(guess) ?? 0) + 1);
    for (const { datum, guess } of guesses) {
      if (guess !== datum.origin) continue;
      right += 1;
      precise += 1 / (counts.get(guess) as number);
    }
  }
  return { recall: right / data.length, precision: precise / data.length };
}

/** Of the data with a spy on their stem: the share that the origin itself handed to the first one. Without any: 0. */
export function predecessorIsOrigin(data: readonly Datum[], spies: ReadonlySet<NodeIndex>): number {
  const steps = data.flatMap(({ origin, stem }) => stem.filter(({ to }) => spies.has(to)).slice(0, 1).map(({ from }) => from === origin));
  return steps.length === 0 ? 0 : steps.filter(Boolean).length / steps.length;
}

/** Whom several data of one origin, known to be of one, point at: each has a vote, shared among its honest suspects. The most votes count, at a draw the dice. */
export function mostSuspected(data: readonly Datum[], adversary: Adversary, random: Random): NodeIndex | undefined {
  const votes = new Map<NodeIndex, number>();
  for (const datum of data) {
    const all = honestSuspects(datum, adversary);
    for (const node of all) votes.set(node, (votes.get(node) ?? 0) + 1 / all.length);
  }
  const most = Math.max(...votes.values());
  // Thirds do not add up to one exactly.
  return oneOf([...votes].filter(([, sum]) => sum > most - 1e-9).map(([node]) => node), random);
}

function oneOf(nodes: readonly NodeIndex[], random: Random): NodeIndex | undefined {
  return nodes.length === 0 ? undefined : nodes[random.below(nodes.length)];
}
