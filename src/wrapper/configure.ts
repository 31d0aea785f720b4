/**
 * How an agent under `withGossip` changes and reads its config.
 */
import { fact } from '../agent.ts';
import type { Bowl, Effect } from '../agent.ts';
import { HearsayError } from '../errors.ts';
import { GOSSIP_CONFIG } from '../marks/paths.ts';
import type { GossipConfig } from './config.ts';
import { GOSSIP_CONFIG_MARK } from './orders.ts';

/**
 * Changes the config, at once and for good; fields left out stay. Subscriptions open and close to match.
 * A value out of range fails the event that returns it, with `HEARSAY_BAD_CONFIG`.
 */
export function configure(change: Partial<GossipConfig>): Effect {
  return fact([GOSSIP_CONFIG], GOSSIP_CONFIG_MARK, change);
}

/**
 * The config in effect. Works in any arm, within the agent and in wrappers around it.
 * @throws HearsayError `HEARSAY_NOT_SUPPORTED` when the agent is not wrapped by `withGossip`.
 */
export function readConfig(bowl: Bowl): GossipConfig {
  const read = readers.get(bowl.run);
  if (read === undefined) throw new HearsayError('HEARSAY_NOT_SUPPORTED', { field: 'bowl', rule: 'to be of an agent under withGossip', value: bowl.agent });
  return read();
}

/** By run, since that is what wrappers in between leave alone. */
const readers = new WeakMap<object, () => GossipConfig>();

/** Lets {@link readConfig} answer for a run. */
export function provideConfig(run: object, read: () => GossipConfig): void {
  readers.set(run, read);
}
