/**
 * Reads the wrapped agent's effects: which pass as they are, and which are for the core. Rules W4 to W8 and W10.
 * Everything that can be wrong is found here, before the core takes a step that nobody could take back.
 */
import type { Bowl, Effect, FactEffect, Path } from '../agent.ts';
import { HearsayError } from '../errors.ts';
import type { PeerId } from '../ids.ts';
import type { MarkCodec } from '../marks/define-marks.ts';
import { GOSSIP_CONFIG, GOSSIP_SOURCE, isReserved } from '../marks/paths.ts';
import { rumorId } from '../marks/rumor-id.ts';
import { ownBody } from './body.ts';
import type { Body } from './body.ts';
import { configChange } from './config.ts';
import type { GossipConfig } from './config.ts';
import type { Input } from './core/messages.ts';

/** The mark of facts and pokes that change the config. */
export const GOSSIP_CONFIG_MARK = 'gossip-config';

/** The mark of pokes that say that a subscription would be accepted now. */
export const GOSSIP_WELCOME = 'gossip-welcome';

/** What is done in place of an effect of the wrapped agent. */
export type Order = { readonly effect: Effect } | { readonly input: Input<Body> };

/** What a wrapper's code brings. */
export interface Code {
  readonly marks: MarkCodec;
  readonly maxHops: number;
  /** The config that the code gives. */
  readonly given: GossipConfig;
}

/**
 * @param current the config in effect, which the effects may change
 * @param serving the new subscriber whose first answers these are
 * @throws HearsayError `HEARSAY_BAD_EFFECT` for a reserved name that is not the agent's to use, `HEARSAY_BAD_CONFIG`, and what `marks.encode` throws
 */
export function ordersFor(effects: readonly Effect[], code: Code, current: GossipConfig, bowl: Bowl, serving: PeerId | undefined): readonly Order[] {
  let config = current;
  return effects.flatMap((effect) => {
    if (effect.type === 'fact') {
      const orders = factOrders(effect, code, config, bowl, serving);
      // A later change is judged by what an earlier one leaves.
      for (const order of orders) if ('input' in order && order.input.type === 'Configured') config = { ...config, ...order.input.change };
      return orders;
    }
    for (const name of namesIn(effect)) {
      if (isReserved(name)) throw new HearsayError('HEARSAY_BAD_EFFECT', { field: `${bowl.agent}: ${effect.type}`, rule: 'to use no reserved name (/~/)', value: name });
    }
    return [{ effect }];
  });
}

function factOrders(effect: FactEffect, code: Code, config: GossipConfig, bowl: Bowl, serving: PeerId | undefined): readonly Order[] {
  const { paths } = effect;
  if (paths.length === 0 && serving !== undefined) return [{ input: answer(effect, code, bowl, serving) }];
  const reserved = paths.filter(isReserved);
  if (reserved.length === 0) return [{ effect }];
  const ordinary = paths.filter((path) => !isReserved(path));
  const input = { input: reservedFact(effect, reserved, code, config, bowl) };
  return ordinary.length === 0 ? [input] : [{ effect: { ...effect, paths: ordinary } }, input];
}

function reservedFact(effect: FactEffect, reserved: readonly Path[], { marks, maxHops, given }: Code, config: GossipConfig, bowl: Bowl): Input<Body> {
  const bad = (rule: string, value: unknown): HearsayError => new HearsayError('HEARSAY_BAD_EFFECT', { field: `${bowl.agent}: fact`, rule, value });
  if (reserved.length > 1) throw bad('to have at most one reserved path', reserved.join(' '));
  switch (reserved[0]) {
    case GOSSIP_SOURCE: {
      const { hops } = effect;
      const body = ownBody(marks, effect, bowl.limits.maxPayloadBytes);
      return { type: 'Published', id: idOf(body, bowl), body, bytes: body.rumor.bytes.length, ...(hops !== undefined && { hops }) };
    }
    case GOSSIP_CONFIG:
      if (effect.mark !== GOSSIP_CONFIG_MARK) throw bad(`on ${GOSSIP_CONFIG} to have the mark ${GOSSIP_CONFIG_MARK}`, effect.mark);
      return { type: 'Configured', change: configChange(effect.data, maxHops, config, given) };
    default:
      throw bad(`to have as its reserved path ${GOSSIP_SOURCE} or ${GOSSIP_CONFIG}`, reserved[0]);
  }
}

function answer(effect: FactEffect, { marks }: Code, bowl: Bowl, to: PeerId): Input<Body> {
  const body = ownBody(marks, effect, bowl.limits.maxPayloadBytes);
  const id = idOf(body, bowl);
  return { type: 'FirstAnswerGiven', to, id, seen: bowl.seen(id), body };
}

function idOf({ rumor }: Body, { agent }: Bowl): ReturnType<typeof rumorId> {
  return rumorId(agent, rumor.mark, rumor.payload);
}

/** The names of an effect that could be the wrapper's. */
function namesIn(effect: Exclude<Effect, FactEffect>): readonly string[] {
  if ('wire' in effect) return [effect.wire];
  if ('key' in effect) return [effect.key];
  return effect.type === 'kick' ? effect.paths : [];
}
