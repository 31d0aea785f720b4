/**
 * `pass`: what passing hides, from whom, and what it costs. Pure. Two worlds of the same people: one with spies, to see who is found out; one with
 * nodes that swallow what is passed to them, to see what is lost and how long it takes. Neither excuses the other.
 */
import { sample } from '../../overlay/dice.ts';
import { seededRandom } from '../../random.ts';
import type { Random } from '../../random.ts';
import { gossipConfig, MAX_HOPS } from '../../wrapper/config.ts';
import type { GossipConfig } from '../../wrapper/config.ts';
import type { NodeIndex } from '../network.ts';
import { ballOf } from '../people/ball.ts';
import type { Datum } from '../people/datum.ts';
import { firstSuspect, honestSuspects, mostSuspected, predecessorIsOrigin, qualityOf, suspects } from '../people/first-spy.ts';
import type { Adversary } from '../people/first-spy.ts';
import { randomLatency } from '../people/latencies.ts';
import { Reference } from '../people/reference.ts';
import { ourRules } from '../people/person.ts';
import { World } from '../people/world.ts';
import type { WorldOptions } from '../people/world.ts';
import { TraceHash } from '../trace-hash.ts';
import type { Outcome, ScenarioOptions } from './common.ts';
import { peopleOf } from './friends.ts';
import type { People } from './friends.ts';

export interface PassFigures {
  /** Share of the origins that spies who know all links find out from one datum each (first-spy, the strong form of research 4.2), and how sure they may be. */
  readonly recall: number;
  readonly precision: number;
  /** The same of spies who leave each other out of their guesses, which is more than research 4.2 has them do. */
  readonly sharperRecall: number;
  readonly sharperPrecision: number;
  /** The same of spies who know the time only. */
  readonly timingRecall: number;
  readonly timingPrecision: number;
  /** Where a spy was on the way to the publisher: how often the one before it was the origin. */
  readonly predecessorIsOrigin: number;
  /** Share of the origins found out from `linked` data of each, by the sharper spies. */
  readonly identifiedAfter: number;
  /** Share of an origin's own pals that hear its datum. */
  readonly ownPalsShareReached: number;
  /** With black holes: share of the data that nobody ever publishes. */
  readonly lossShare: number;
  /** With black holes: share of the nodes within the hops of the first publisher that hear it. */
  readonly heardShare: number;
  /** With black holes: share of the data that the origin publishes itself, first of all or not. */
  readonly originPublishedShare: number;
  /** With black holes: from saying to hearing, over all that hear. A datum is late for all or for none, so of few data the 99th percentile is chance: the second longest embargo of 160. */
  readonly delayP50Ms: number;
  readonly delayP99Ms: number;
}

/** Hops enough for all of ten thousand nodes. What a stem's end publishes has to come back to its origin (see SECURITY.md). */
const DEFAULT_HOPS = 10;
/** Between two data of the network, and between two that are linked. */
const APART_MS = 10_000;
const LINKED_APART_MS = 1_000;
/** By then every embargo is over, twice. */
const SETTLE_MS = 240_000;
/** Data on their way at a time: what is looked at is forgotten then. */
const BATCH = 1_000;
/** Origins of linked data (our choice: a figure of 0.14 is then certain to 0.05). */
const LINKED_ORIGINS = 200;

export function runPass(options: ScenarioOptions): Outcome<PassFigures> {
  const random = seededRandom(options.seed);
  const people = peopleOf(options, options.graph ?? 'overlay', random.fork('friends'));
  const trace = new TraceHash();
  const spied = withSpies(options, people, random, trace);
  return { traceHash: trace.toString(), figures: { ...spied, ...withBlackHoles(options, people, random, trace) } };
}

type Spied = Pick<PassFigures, 'recall' | 'precision' | 'sharperRecall' | 'sharperPrecision' | 'timingRecall' | 'timingPrecision' | 'predecessorIsOrigin' | 'identifiedAfter' | 'ownPalsShareReached'>;

function withSpies(options: ScenarioOptions, people: People, random: Random, trace: TraceHash): Spied {
  const { links } = people;
  const { chosen: spies, others } = drawn(links.length, options.spies, random.fork('spies'));
  const world = worldOf(options, people, random, { spies });
  const adversary: Adversary = { spies, links, stems: options.pass === 'stem' };
  const guesses = random.fork('guesses');
  const data: Datum[] = [];
  let [reached, pals] = [0, 0];
  for (const datum of saidBy(world, roundsOf(others, options.messages), APART_MS, options.progress)) {
    data.push(datum);
    pals += (links[datum.origin] ?? []).length;
    reached += (links[datum.origin] ?? []).filter((pal) => datum.isWith(pal)).length;
  }
  const { recall, precision } = qualityOf(data, others.length, (datum) => suspects(datum, adversary), guesses);
  const sharper = qualityOf(data, others.length, (datum) => honestSuspects(datum, adversary), guesses);
  const timing = qualityOf(data, others.length, firstSuspect, guesses);
  const origins = sample(others, Math.min(LINKED_ORIGINS, others.length), random.fork('linked'));
  const found = origins.filter((origin) => mostSuspected([...saidBy(world, Array<NodeIndex>(options.linked).fill(origin), LINKED_APART_MS, options.progress)], adversary, guesses) === origin);
  trace.addHash(world.trace);
  return {
    recall,
    precision,
    sharperRecall: sharper.recall,
    sharperPrecision: sharper.precision,
    timingRecall: timing.recall,
    timingPrecision: timing.precision,
    predecessorIsOrigin: predecessorIsOrigin(data, spies),
    identifiedAfter: found.length / origins.length,
    ownPalsShareReached: pals === 0 ? 1 : reached / pals,
  };
}

function withBlackHoles(options: ScenarioOptions, people: People, random: Random, trace: TraceHash): Omit<PassFigures, keyof Spied> {
  const { links } = people;
  const { chosen: blackHoles, others } = drawn(links.length, options.blackHoles, random.fork('black holes'));
  const world = worldOf(options, people, random, { blackHoles });
  const delays: number[] = [];
  let [said, lost, byOrigin, inBall, heard] = [0, 0, 0, 0, 0];
  for (const datum of saidBy(world, roundsOf(others, options.messages), APART_MS, options.progress)) {
    const [publisher] = datum.publishers;
    said += 1;
    if (publisher === undefined) lost += 1;
    if (datum.publishers.includes(datum.origin)) byOrigin += 1;
    const ball = publisher === undefined ? [] : ballOf(links, publisher, options.hops ?? DEFAULT_HOPS).nodes;
    inBall += ball.length;
    heard += ball.filter((node) => datum.isWith(node)).length;
    for (let node = 0; node < world.size; node += 1) if (node !== datum.origin && datum.isWith(node)) delays.push(datum.delayMs(node));
  }
  trace.addHash(world.trace);
  delays.sort((a, b) => a - b);
  return {
    lossShare: lost / said,
    heardShare: inBall === 0 ? 1 : heard / inBall,
    originPublishedShare: byOrigin / said,
    delayP50Ms: quantile(delays, 0.5),
    delayP99Ms: quantile(delays, 0.99),
  };
}

/** A share of the nodes, and the rest. */
function drawn(nodes: number, share: number, random: Random): { readonly chosen: ReadonlySet<NodeIndex>; readonly others: readonly NodeIndex[] } {
  const all = Array.from({ length: nodes }, (_, node) => node);
  const chosen = new Set(sample(all, Math.round(share * nodes), random));
  return { chosen, others: all.filter((node) => !chosen.has(node)) };
}

function worldOf({ pass, hops = DEFAULT_HOPS }: ScenarioOptions, people: People, random: Random, who: Pick<WorldOptions, 'spies' | 'blackHoles'>): World {
  const reference = pass === 'reference';
  const config = gossipConfig({ hops, hear: people.whos, tell: people.whos, pass: PASS[pass], relay: reference ? 'first' : 'farthest' }, MAX_HOPS);
  return new World({
    ...people,
    latency: randomLatency(random.fork('latency')),
    random: random.fork('people'),
    config: () => config,
    rules: reference ? (self) => new Reference(self) : ourRules,
    ...who,
  });
}

const PASS: Readonly<Record<ScenarioOptions['pass'], GossipConfig['pass']>> = { coin: true, stem: 'stem', off: false, reference: true };

/** Whole rounds in which each says one, until they are at least so many. */
function roundsOf(people: readonly NodeIndex[], messages: number): NodeIndex[] {
  return Array<readonly NodeIndex[]>(Math.ceil(messages / people.length)).fill(people).flat();
}

/** Has them say one each, one after the other. Gives the data when all came to rest. */
function* saidBy(world: World, origins: readonly NodeIndex[], apartMs: number, progress: (text: string) => void): Generator<Datum> {
  for (let from = 0; from < origins.length; from += BATCH) {
    const batch: Datum[] = [];
    for (const origin of origins.slice(from, from + BATCH)) {
      batch.push(world.say(origin));
      world.runFor(apartMs);
      if (batch.length % 100 === 0) progress(`${from + batch.length} of ${origins.length} messages`);
    }
    world.runFor(SETTLE_MS);
    world.forget();
    yield* batch;
  }
}

/** Of sorted values. Of none: 0. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
