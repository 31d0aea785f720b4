/**
 * `withGossip`: an agent in, an agent out, and between the two the gossiping (DESIGN 4). After Urbit's /lib/gossip.
 * It is an ordinary agent: other wrappers may stand around it and within it.
 */
import type { Agent, Bowl } from '../agent.ts';
import { HearsayError } from '../errors.ts';
import type { Marks, MarkSchemas } from '../marks/define-marks.ts';
import { GOSSIP_GOSSIP } from '../marks/paths.ts';
import { gossipConfig, hopCeiling } from './config.ts';
import type { GossipConfig } from './config.ts';
import { provideConfig } from './configure.ts';
import { GossipRun } from './gossip-run.ts';
import { GOSSIP_CONFIG_MARK, GOSSIP_WELCOME } from './orders.ts';
import type { Code } from './orders.ts';
import { GOSSIP_RUMOR } from './rumor.ts';

/** The config of the first start, and what is code and never saved. */
export interface GossipOptions<S extends MarkSchemas = MarkSchemas> extends Partial<GossipConfig> {
  /** The kinds of data that this app gossips, from `defineMarks`. */
  readonly marks: Marks<S>;
  /** Ceiling for hops, 1 to 15: of the config, and of what arrives (at most `maxHops - 1` left). The same for all users of an app. @defaultValue 15 */
  readonly maxHops?: number;
}

declare const marksOf: unique symbol;

/** An agent under `withGossip`. It is a plain agent; that it gossips, and what, is known to the types only. */
export interface GossipAgent<S extends MarkSchemas = MarkSchemas> extends Agent {
  readonly [marksOf]?: Marks<S>;
}

/** The schemas of a gossip agent; `undefined` for an agent that does not gossip. */
export type SchemasOf<A extends Agent> = typeof marksOf extends keyof A ? (A extends GossipAgent<infer S> ? S : undefined) : undefined;

/**
 * Wraps an agent. What it publishes with `marks.invent` goes to our audience and on, hop by hop; what comes is handed to its
 * `onAgent` (read it with `marks.heard`); a new subscriber is announced to its `onWatch` as `/~/gossip/source`.
 * The config counts at the first start; afterwards the saved one does, see `configure`. The result may run in several nodes.
 * @throws HearsayError `HEARSAY_BAD_CONFIG` naming the field, the rule and the value
 */
export function withGossip<S extends MarkSchemas>(inner: Agent, options: GossipOptions<S>): GossipAgent<S> {
  const code = readOptions(options);
  const runs = new WeakMap<object, GossipRun>();
  const begin = (bowl: Bowl): GossipRun => {
    const begun = new GossipRun(inner, code, bowl);
    runs.set(bowl.run, begun);
    provideConfig(bowl.run, () => begun.config);
    return begun;
  };
  const run = (bowl: Bowl): GossipRun => runs.get(bowl.run) ?? begin(bowl);
  return {
    open: {
      pokes: [...(inner.open?.pokes ?? []), GOSSIP_RUMOR, GOSSIP_CONFIG_MARK, GOSSIP_WELCOME],
      paths: [...(inner.open?.paths ?? []), GOSSIP_GOSSIP],
    },
    onInit: (bowl) => run(bowl).start('onInit', bowl),
    onLoad: (bowl) => run(bowl).start('onLoad', bowl),
    onPoke: (datum, bowl) => run(bowl).poke(datum, bowl),
    onWatch: (path, bowl) => run(bowl).watch(path, bowl),
    onLeave: (path, bowl) => run(bowl).leave(path, bowl),
    onAgent: (wire, sign, bowl) => run(bowl).agent(wire, sign, bowl),
    onWake: (wire, bowl) => run(bowl).wake(wire, bowl),
    onPeek: (path, bowl) => run(bowl).peek(path, bowl),
    onFail: (error, bowl) => run(bowl).fail(error, bowl),
    onArrival: (wire, sign, bowl) => run(bowl).arrival(wire, sign, bowl),
    onOffer: (wire, offered, bowl) => run(bowl).offer(wire, offered, bowl),
  };
}

function readOptions<S extends MarkSchemas>({ marks, maxHops: ceiling, ...given }: GossipOptions<S>): Code {
  if (typeof marks?.encode !== 'function' || typeof marks.decode !== 'function' || typeof marks.has !== 'function') {
    throw new HearsayError('HEARSAY_BAD_CONFIG', { field: 'marks', rule: 'to come from defineMarks', value: marks });
  }
  const maxHops = hopCeiling(ceiling);
  return { marks, maxHops, given: gossipConfig(given, maxHops) };
}
