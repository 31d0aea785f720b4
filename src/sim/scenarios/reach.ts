/** `reach`: how much of what hops allow is reached among people, and at what cost. Pure. */
import { seededRandom } from '../../random.ts';
import { gossipConfig, MAX_HOPS } from '../../wrapper/config.ts';
import { ballOf } from '../people/ball.ts';
import { randomLatency } from '../people/latencies.ts';
import { Reference } from '../people/reference.ts';
import { ourRules } from '../people/person.ts';
import { World } from '../people/world.ts';
import type { Outcome, ScenarioOptions } from './common.ts';
import { peopleOf } from './friends.ts';

/** Means over the messages. Per node: per node within the hops. */
export interface ReachFigures {
  /** Share of the nodes within so many hops that heard it. */
  readonly ballShareReached: number;
  /** Share of all other nodes that heard it. */
  readonly nodesShareReached: number;
  /** Copies with payload sent. */
  readonly payloadCopiesPerNode: number;
  /** The same of a flood when all links are equally slow, so that every first copy takes a shortest path: no flood does better. */
  readonly floodCopiesPerNode: number;
  /** Headers alone. */
  readonly controlPerNode: number;
}

/** Far enough apart that no message meets another: 15 hops take less. */
const APART_MS = 30_000;
const DEFAULT_HOPS = 5;

export function runReach(options: ScenarioOptions): Outcome<ReachFigures> {
  const { hops = DEFAULT_HOPS, relay, graph = 'small-world', messages, progress } = options;
  const random = seededRandom(options.seed);
  const reference = relay === 'reference';
  const people = peopleOf(options, graph, random.fork('friends'));
  const config = gossipConfig({ hops, hear: people.whos, tell: people.whos, relay: reference ? 'first' : relay }, MAX_HOPS);
  const world = new World({
    ...people,
    latency: randomLatency(random.fork('latency')),
    random: random.fork('people'),
    config: () => config,
    rules: reference ? (self) => new Reference(self) : ourRules,
  });
  const tells = world.audiences();
  const sources = random.fork('sources');
  let [inBall, reached, ballNodes, payloads, floodCopies, headers] = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < messages; i += 1) {
    const source = sources.below(world.size);
    const ball = ballOf(tells, source, hops);
    const datum = world.say(source);
    world.runFor(APART_MS);
    inBall += ball.nodes.filter((node) => datum.isWith(node)).length;
    reached += datum.heardBy;
    ballNodes += ball.nodes.length;
    floodCopies += ball.floodCopies;
    payloads += datum.payloads;
    headers += datum.headers;
    progress(`message ${i + 1} of ${messages}`);
  }
  const perNode = (count: number): number => (ballNodes === 0 ? 0 : count / ballNodes);
  return {
    traceHash: world.trace.toString(),
    figures: {
      ballShareReached: ballNodes === 0 ? 1 : inBall / ballNodes,
      nodesShareReached: reached / messages / (world.size - 1),
      payloadCopiesPerNode: perNode(payloads),
      floodCopiesPerNode: perNode(floodCopies),
      controlPerNode: perNode(headers),
    },
  };
}
