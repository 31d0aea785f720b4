/**
 * One run of one wrapped agent: binds the core to the inner agent's arms. Shell, but synchronous: it waits for nothing.
 */
import { forget, refuse } from '../agent.ts';
import type { Agent, Bowl, Datum, Effect, Effects, Offered, Path, Sign, Wire } from '../agent.ts';
import { isPeerId } from '../ids.ts';
import type { PeerId } from '../ids.ts';
import { GOSSIP_GOSSIP, GOSSIP_SOURCE, isReserved } from '../marks/paths.ts';
import type { Body } from './body.ts';
import { configChange } from './config.ts';
import type { GossipConfig } from './config.ts';
import { GossipCore } from './core.ts';
import { FORBIDDEN } from './core/audience.ts';
import type { Input, NeighborChange, PalChange, PalsList } from './core/messages.ts';
import { REJECTED } from './core/rumors.ts';
import { readHeld } from './held-entries.ts';
import { hostEffect } from './host-effects.ts';
import { innerBowl } from './inner-bowl.ts';
import { Intake } from './intake.ts';
import { mapEffects } from './map-effects.ts';
import type { Transform } from './map-effects.ts';
import { GOSSIP_CONFIG_MARK, GOSSIP_WELCOME, ordersFor } from './orders.ts';
import type { Code } from './orders.ts';
import { readQuarantine } from './quarantine-entries.ts';
import { GOSSIP_RUMOR } from './rumor.ts';
import { CONFIG_KEY, CONFIG_PEEK, isHearWire, isOurs, OVERLAY_WIRE, palsListOf, passedId, QUARANTINE_WIRE, timerOf } from './wires.ts';

type Fact = Extract<Sign, { type: 'fact' }>;

const NO_EFFECTS: readonly Effect[] = [];

export class GossipRun {
  readonly #inner: Agent;
  readonly #code: Code;
  readonly #core: GossipCore<Body>;
  readonly #intake: Intake;
  readonly #spoiltHeld: readonly string[];

  constructor(inner: Agent, code: Code, bowl: Bowl) {
    this.#inner = inner;
    this.#code = code;
    const quarantined = readQuarantine(bowl).entries.map(({ id, order, rumor }) => ({ id, order, bytes: rumor.bytes.length }));
    const held = readHeld(code.marks, bowl);
    this.#spoiltHeld = held.spoilt;
    const { our, random, limits } = bowl;
    this.#core = new GossipCore({ our, random, ...code, ...limits, persisted: bowl.saved.get(CONFIG_KEY), quarantined, held: held.entries });
    this.#intake = new Intake(code.marks, this.#core);
  }

  get config(): GossipConfig {
    return this.#core.config;
  }

  /** W1, W2. */
  start(arm: 'onInit' | 'onLoad', bowl: Bowl): Effects {
    const own = (now: Bowl): readonly Effect[] => [...this.#step({ type: 'Started' }, now), ...(arm === 'onLoad' ? this.#readAgain(now) : [])];
    return this.#pass(this.#inner[arm]?.(innerBowl(bowl)), bowl, own);
  }

  poke(datum: Datum, bowl: Bowl): Effects {
    if (datum.mark === GOSSIP_RUMOR) {
      const input = this.#intake.poke(datum.data, bowl);
      return input === undefined ? refuse(REJECTED) : this.#step(input, bowl);
    }
    if (datum.mark === GOSSIP_WELCOME) return this.#step({ type: 'Welcomed', peer: bowl.src }, bowl);
    if (datum.mark === GOSSIP_CONFIG_MARK) return this.#configure(datum.data, bowl);
    return this.#inner.onPoke === undefined ? refuse('not-open') : this.#pass(this.#inner.onPoke(datum, innerBowl(bowl)), bowl);
  }

  /** W9, W10. */
  watch(path: Path, bowl: Bowl): Effects {
    if (!isReserved(path)) return this.#pass(this.#inner.onWatch?.(path, innerBowl(bowl)), bowl);
    const peer = bowl.src;
    if (path !== GOSSIP_GOSSIP) return refuse(FORBIDDEN);
    if (!this.#core.mayTell(peer)) return this.#step({ type: 'WatchAsked', peer }, bowl);
    const answers = this.#inner.onWatch?.(GOSSIP_SOURCE, innerBowl(bowl));
    // Asked once more after a promise: the policy may have changed meanwhile.
    return this.#pass(answers, bowl, (now) => this.#step({ type: 'WatchAsked', peer }, now), peer);
  }

  /** W11. */
  leave(path: Path, bowl: Bowl): Effects {
    if (path === GOSSIP_GOSSIP) return this.#step({ type: 'SubscriberLeft', peer: bowl.src }, bowl);
    return isReserved(path) ? undefined : this.#pass(this.#inner.onLeave?.(path, innerBowl(bowl)), bowl);
  }

  agent(wire: Wire, sign: Sign, bowl: Bowl): Effects {
    if (wire === GOSSIP_GOSSIP && sign.type === 'fact') return this.#hear(wire, sign, bowl);
    if (wire === QUARANTINE_WIRE && sign.type === 'fact') {
      const input = this.#intake.quarantined(sign.data, bowl);
      return input && this.#step(input, bowl);
    }
    if (isHearWire(wire)) return this.#peerSaid(sign, bowl);
    const passed = passedId(wire);
    if (passed !== undefined && sign.type === 'poke-ack') return this.#step({ type: 'PassAnswered', id: passed, peer: bowl.src, refused: sign.refused !== undefined }, bowl);
    const list = palsListOf(wire);
    if (list !== undefined) return this.#palsSaid(list, sign, bowl);
    if (wire === OVERLAY_WIRE) return this.#overlaySaid(sign, bowl);
    return isOurs(wire) ? undefined : this.#pass(this.#inner.onAgent?.(wire, sign, innerBowl(bowl)), bowl);
  }

  wake(wire: Wire, bowl: Bowl): Effects {
    const timer = timerOf(wire);
    if (timer !== undefined) return this.#step({ type: 'TimerFired', timer }, bowl);
    return isOurs(wire) ? undefined : this.#pass(this.#inner.onWake?.(wire, innerBowl(bowl)), bowl);
  }

  /** W22. */
  peek(path: Path, bowl: Bowl): unknown {
    return path === CONFIG_PEEK ? this.config : this.#inner.onPeek?.(path, innerBowl(bowl));
  }

  fail(error: Error, bowl: Bowl): Effects {
    return this.#pass(this.#inner.onFail?.(error, innerBowl(bowl)), bowl);
  }

  arrival(wire: Wire, sign: Sign, bowl: Bowl): readonly Effect[] | undefined {
    if (isHearWire(wire) && sign.type === 'fact') return this.#ingest(sign, bowl);
    const effects = isOurs(wire) ? undefined : this.#inner.onArrival?.(wire, sign, innerBowl(bowl));
    return effects && this.#transform(effects, bowl);
  }

  offer(wire: Wire, offered: Offered, bowl: Bowl): readonly Effect[] | undefined {
    if (isHearWire(wire)) {
      const input = this.#intake.offer(offered, bowl);
      const effects = this.#step(input, bowl);
      return input.type === 'RumorOffered' && this.#core.hears(bowl.src) ? undefined : effects;
    }
    const effects = isOurs(wire) ? undefined : this.#inner.onOffer?.(wire, offered, innerBowl(bowl));
    return effects && this.#transform(effects, bowl);
  }

  /**
   * Hands on what the inner agent returned, with our own effects ahead of it.
   * @param serving the new subscriber whose first answers these are
   */
  #pass(effects: Effects, bowl: Bowl, own?: (bowl: Bowl) => readonly Effect[], serving?: PeerId): Effects {
    // As a rule: nobody asked for anything.
    if (effects === undefined) return own?.(bowl) ?? NO_EFFECTS;
    const each: Transform = (given, now) => this.#transform(given, now, undefined, serving);
    const whole: Transform = (given, now) => this.#transform(given, now, own, serving);
    return mapEffects(effects, bowl, each, own === undefined ? each : whole);
  }

  #transform(effects: readonly Effect[], bowl: Bowl, own?: (bowl: Bowl) => readonly Effect[], serving?: PeerId): readonly Effect[] {
    if (effects.length === 0) return own?.(bowl) ?? NO_EFFECTS;
    // An event that fails is dropped whole, so it has to fail before the core takes a step.
    bowl.check(effects);
    const orders = ordersFor(effects, this.#code, this.config, bowl, serving);
    const refusal = effects.find(isRefusal);
    if (refusal !== undefined) return [refusal]; // It undoes the event, so the core must not hear of the rest.
    const ahead = own?.(bowl) ?? [];
    if (ahead.some(isRefusal)) return ahead;
    return [...ahead, ...orders.flatMap((order) => ('effect' in order ? [order.effect] : this.#step(order.input, bowl)))];
  }

  #step(input: Input<Body>, bowl: Bowl): readonly Effect[] {
    const effects = this.#core.step(input, bowl.now);
    return effects.length === 0 ? NO_EFFECTS : effects.map((effect) => hostEffect(effect, bowl));
  }

  #configure(change: unknown, bowl: Bowl): Effects {
    if (!bowl.admin) return refuse('forbidden');
    try {
      return this.#step({ type: 'Configured', change: configChange(change, this.#code.maxHops, this.config, this.#code.given) }, bowl);
    } catch (error) {
      if (bowl.src === bowl.our) throw error;
      return refuse('bad-config');
    }
  }

  /** What comes in on a subscription of ours, on receipt or, under a wrapper without `onArrival`, in its turn. */
  #ingest(sign: Fact, bowl: Bowl): readonly Effect[] {
    const input = this.#intake.fact(sign, bowl);
    const effects = this.#step(input, bowl);
    if (input.type === 'RumorArrived') input.body.letGo();
    return effects;
  }

  /** A rumor that the core delivered. */
  #hear(wire: Wire, sign: Fact, bowl: Bowl): Effects {
    const { id, mark, data } = sign;
    const received = (): readonly Effect[] =>
      id === undefined ? [] : [{ type: 'report', report: { type: 'received', rumor: { id, mark, data, hops: bowl.seen(id)?.hops ?? 0, src: bowl.src } } }];
    return this.#pass(this.#inner.onAgent?.(wire, sign, innerBowl(bowl)), bowl, received);
  }

  #peerSaid(sign: Sign, bowl: Bowl): Effects {
    const peer = bowl.src;
    switch (sign.type) {
      case 'fact':
        return this.#ingest(sign, bowl);
      case 'watch-ack':
        return this.#step(sign.refused === undefined ? { type: 'WatchAcked', peer } : { type: 'WatchRefused', peer, reason: sign.refused }, bowl);
      case 'kick':
        return this.#step({ type: 'Kicked', peer, reason: sign.reason }, bowl);
      case 'poke-ack':
        return undefined;
    }
  }

  #palsSaid(list: PalsList, sign: Sign, bowl: Bowl): Effects {
    if (sign.type === 'kick') return this.#step({ type: 'PalsKicked', list }, bowl);
    if (sign.type === 'watch-ack' && sign.refused !== undefined) return this.#step({ type: 'PalsRefused', list, reason: sign.refused }, bowl);
    const said = sign.type === 'fact' ? palsEffect(sign) : undefined;
    return said && this.#step({ type: 'PalChanged', ...said }, bowl);
  }

  #overlaySaid(sign: Sign, bowl: Bowl): Effects {
    if (sign.type === 'kick') return this.#step({ type: 'OverlayKicked' }, bowl);
    if (sign.type === 'watch-ack' && sign.refused !== undefined) return this.#step({ type: 'OverlayRefused', reason: sign.refused }, bowl);
    const said = sign.type === 'fact' ? overlayEffect(sign) : undefined;
    return said && this.#step({ type: 'NeighborChanged', ...said }, bowl);
  }

  /** New code: what it has learnt to read comes out of quarantine. */
  #readAgain(bowl: Bowl): readonly Effect[] {
    const { inputs, spoilt } = this.#intake.readAgain(bowl);
    return [...inputs.flatMap((input) => this.#step(input, bowl)), ...dropSpoilt('quarantine-spoilt', spoilt), ...dropSpoilt('held-spoilt', this.#spoiltHeld)];
  }
}

const PAL_CHANGES: readonly unknown[] = ['meet', 'part', 'near', 'away'];

/** What pals said, or nothing when it is not for us. */
function palsEffect({ mark, data }: Fact): { readonly change: PalChange; readonly peer: PeerId } | undefined {
  if (mark !== 'pals-effect' || typeof data !== 'object' || data === null) return undefined;
  const { type, peer } = data as Readonly<Record<string, unknown>>;
  return PAL_CHANGES.includes(type) && isPeerId(peer) ? { change: type as PalChange, peer } : undefined;
}

/** What the overlay said, likewise. */
function overlayEffect({ mark, data }: Fact): { readonly change: NeighborChange; readonly peer: PeerId } | undefined {
  if (mark !== 'overlay-effect' || typeof data !== 'object' || data === null) return undefined;
  const { type, peer } = data as Readonly<Record<string, unknown>>;
  return (type === 'up' || type === 'down') && isPeerId(peer) ? { change: type, peer } : undefined;
}

function dropSpoilt(name: string, keys: readonly string[]): readonly Effect[] {
  if (keys.length === 0) return [];
  return [...keys.map((key) => forget(key)), { type: 'report', report: { type: 'event', event: { name, count: keys.length } } }];
}

function isRefusal(effect: Effect): boolean {
  return effect.type === 'refuse';
}
