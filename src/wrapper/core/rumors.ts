/**
 * What becomes of a rumor: published, delivered, relayed, passed, remembered, kept for later code. Pure. Rules W6, W10, W12, W18 to W21.
 */
import type { Seen } from '../../agent.ts';
import type { PeerId, RumorId } from '../../ids.ts';
import { MAX_HOPS } from '../config.ts';
import type { Context } from './context.ts';
import type { Arrival, Input } from './messages.ts';
import type { Passing } from './passing.ts';
import { Quarantine } from './quarantine.ts';
import type { QuarantineEntry, QuarantineLimits } from './quarantine.ts';
import type { Spread } from './spread.ts';

/** Why we do not take a rumor to pass on (Urbit's word). */
export const REJECTED = 'gossip-rejected';

type In<Body, T extends Input<Body>['type']> = Extract<Input<Body>, { type: T }>;

export class Rumors<Body> {
  readonly #context: Context<Body>;
  readonly #spread: Spread<Body>;
  readonly #passing: Passing<Body>;
  readonly #quarantine: Quarantine;
  /** New rumors in a row for which the agent had no room. */
  #lagged = 0;
  /** Upgrades for what we do not know, since the start. */
  #strayUpgrades = 0;

  constructor(context: Context<Body>, spread: Spread<Body>, passing: Passing<Body>, limits: QuarantineLimits, quarantined: readonly QuarantineEntry[]) {
    this.#context = context;
    this.#spread = spread;
    this.#passing = passing;
    this.#quarantine = new Quarantine(limits, quarantined);
  }

  /** Whether a copy has to be read: the agent has not had it, or it would be relayed and is not at hand. Nothing goes out unread. */
  mustRead(id: RumorId, hops: number, seen: Seen): boolean {
    if (!seen.delivered || this.#passing.has(id)) return true;
    return hops > 0 && this.#goesOn(this.#context.clamp(hops), seen) && !(seen.relayed && this.#spread.has(id));
  }

  /** @param refused pals that asked to hear us and may not */
  published({ id, body, bytes, hops: most = MAX_HOPS }: In<Body, 'Published'>, refused: readonly PeerId[]): void {
    const { config, given, our } = this.#context;
    if (config.hops === 0 || most === 0) {
      // Differs: Urbit decrements before it looks, and crashes.
      return this.#context.emit({ type: 'Remember', id, hops: 0, delivered: true, relayed: false });
    }
    // A personal count would be a fingerprint at the end of the stem: there the code's counts (research 4.3).
    const hops = Math.min(most, config.pass === 'stem' ? given.hops : config.hops) - 1;
    if (config.pass === false) {
      this.#spread.publish({ id, hops, body, from: our }, bytes);
    } else {
      if (config.pass === true) this.#context.emit({ type: 'Remember', id, hops: 0, delivered: true, relayed: false });
      this.#passing.take({ id, body, bytes, hops, unknown: false, from: our, delivered: true });
    }
    this.#context.emit({ type: 'ReportPublished', id, hops, body, passed: config.pass !== false, refused });
  }

  /** Differs: Urbit gives the config's hops afresh to whatever the agent answers, and so launders what it heard from others. */
  firstAnswer({ to, id, seen, body }: In<Body, 'FirstAnswerGiven'>): void {
    const { config, maxHops } = this.#context;
    if (config.hops === 0 || !this.#context.mayTell(to) || this.#passing.hides(id)) return;
    const hops = seen === undefined ? 0 : Math.min(seen.hops, maxHops) - 1;
    if (hops < 0) return;
    this.#context.emit({ type: 'Answer', hops, body });
    this.#spread.know(id, to, hops);
  }

  arrived(input: Arrival<Body>): void {
    // What was let in before the process ended has its place, whatever the policy and the queue say now.
    if (input.resumed === true) this.#ingest({ ...input, seen: input.seen && { ...input.seen, delivered: false } }, false);
    else if (this.#hears(input.from)) this.#ingest(input, false);
  }

  /** A copy that need not be read. */
  repeated({ id, from, hops, seen }: In<Body, 'RepeatArrived'>): void {
    if (!this.#hears(from)) return;
    this.#passing.proxies.responded(from);
    this.#farther(id, from, this.#context.clamp(hops), seen);
  }

  /** Who offers it need not be told of it. */
  offered({ id, from, hops }: In<Body, 'RumorOffered'>): void {
    if (this.#hears(from)) this.#spread.promise(id, from, this.#context.clamp(hops) + 1);
  }

  /** A header that says that a datum may go further than we thought. */
  upgraded({ id, from, hops, seen }: In<Body, 'UpgradeArrived'>): void {
    if (!this.#hears(from)) return;
    if (seen === undefined || this.#passing.hides(id)) {
      this.#strayUpgrades += 1;
      return this.#context.notice({ name: 'upgrade-ignored', peer: from, reason: 'unknown-id', count: this.#strayUpgrades });
    }
    this.#passing.heard(id, from, this.#context.clamp(hops));
    this.#farther(id, from, this.#context.clamp(hops), seen);
  }

  /**
   * W19: a rumor to pass on. The answer is the same whether we never saw it, hold it, or are done with it.
   * Differs: in Urbit what comes round in a loop is dropped, and lost.
   */
  poked(input: Arrival<Body>): void {
    const { id, from, seen, verdict, body, bytes } = input;
    const { config } = this.#context;
    if (!this.#context.mayHear(from) || config.hops === 0) return this.#context.emit({ type: 'Refuse', reason: REJECTED });
    this.#passing.proxies.responded(from);
    const hops = this.#context.clamp(input.hops);
    const unknown = verdict.type === 'unknown';
    const had = seen?.delivered === true;
    if (this.#passing.has(id)) return this.#passing.take({ id, body, bytes, unknown, hops, from, delivered: had });
    if (seen?.relayed === true || this.#spread.awaits(id)) return;
    if (verdict.type === 'invalid') return this.#invalid(input, had, false);
    // There is room: the poke's own.
    const delivers = !had;
    if (config.pass === false) {
      this.#spread.publish({ id, hops, body, from }, bytes);
      this.#context.emit({ type: 'ReportRumor', what: 'relayed', id, hops, src: from, body });
      if (delivers) this.#context.deliver({ id, from, body, unknown }, false);
      return;
    }
    const atOnce = config.pass === true && delivers;
    if (atOnce) this.#context.emit({ type: 'Remember', id, hops: seen?.hops ?? 0, delivered: true, relayed: false });
    this.#passing.take({ id, body, bytes, unknown, hops, from, delivered: had || atOnce });
    if (atOnce) this.#context.deliver({ id, from, body, unknown }, false);
  }

  strange({ id, from, room, body }: In<Body, 'StrangeRumorArrived'>): void {
    if (!this.#hears(from) || this.#quarantine.has(id)) return;
    if (room) this.#context.emit({ type: 'Quarantine', from, body });
    else this.#lag(from);
  }

  quarantined({ id, from, unknown, bytes, body }: In<Body, 'Quarantined'>): void {
    if (this.#quarantine.has(id)) return;
    const { order, dropped } = this.#quarantine.add(id, bytes);
    for (const oldest of dropped) this.#context.emit({ type: 'ForgetQuarantined', id: oldest });
    if (order !== undefined) this.#context.emit({ type: 'SaveQuarantined', id, order, from, unknown, body });
    const count = dropped.length + (order === undefined ? 1 : 0);
    if (count > 0) this.#context.notice({ name: 'quarantine-full', count });
  }

  quarantineRead(input: In<Body, 'QuarantineRead'>): void {
    this.#quarantine.delete(input.id);
    this.#context.emit({ type: 'ForgetQuarantined', id: input.id });
    if (input.unknown === 'kind') return this.#ingest(input, true);
    // The agent has had it as gossip-unknown, and it was relayed then.
    this.#context.emit({ type: 'Deliver', id: input.id, from: input.from, body: input.body, replayed: true });
  }

  /** The same for a rumor from a link and for one that quarantine gives back. */
  #ingest(input: Arrival<Body>, replayed: boolean): void {
    const { id, from, seen, verdict, room, body, bytes } = input;
    if (!replayed && input.resumed !== true) this.#passing.proxies.responded(from);
    const hops = this.#context.clamp(input.hops);
    const held = this.#passing.heard(id, from, hops);
    const had = held?.delivered ?? seen?.delivered === true;
    if (verdict.type === 'invalid') return this.#invalid(input, had, replayed);
    const hidden = held?.heard === false;
    const delivered = room && !had;
    // Whoever held it passes it on to its own pals, hops left or not: else they would not hear it at all. And at once, like all others: who waits
    // until a second peer tells it is seen to have held it.
    const relayed = hidden ? this.#context.config.hops > 0 : this.#goesOn(hops, seen);
    this.#remember(id, hops, seen, delivered || had, relayed && this.#context.config.pass === false);
    if (seen === undefined || hidden) this.#context.emit({ type: 'Keep', id, hops, body });
    this.#spread.note({ id, hops, body, from }, bytes);
    if (relayed) this.#spread.relay({ id, hops: Math.max(hops - 1, 0), body, from, delivered: delivered || had, first: seen?.relayed !== true });
    if (delivered) {
      this.#passing.delivered(id);
      this.#lagged = 0;
      this.#context.deliver({ id, from, body, unknown: verdict.type === 'unknown' }, replayed);
    } else if (seen === undefined && !had) {
      this.#lag(from);
    }
  }

  /** Differs: a validator that says no is not fatal. What it refuses goes no further. */
  #invalid({ id, from, seen, verdict, room, body, hops }: Arrival<Body>, had: boolean, replayed: boolean): void {
    const delivered = room && !had;
    this.#remember(id, this.#context.clamp(hops), seen, delivered || had, false);
    if (verdict.type === 'invalid') this.#context.notice({ name: 'invalid-data', peer: from, reason: verdict.reason, ...(verdict.error !== undefined && { error: verdict.error }) });
    if (delivered) {
      this.#lagged = 0;
      this.#context.deliver({ id, from, body, unknown: false }, replayed);
    } else if (seen === undefined) {
      this.#lag(from);
    }
  }

  /** Something we have came, as a copy or as a header, perhaps with more hops than before. */
  #farther(id: RumorId, from: PeerId, hops: number, seen: Seen): void {
    this.#spread.know(id, from, hops + 1);
    const goesOn = this.#goesOn(hops, seen);
    this.#remember(id, hops, seen, seen.delivered, goesOn && this.#context.config.pass === false && this.#spread.has(id));
    if (goesOn) this.#spread.relayAgain(id, hops - 1, from, !seen.relayed);
  }

  /** Whether a copy with so many hops left is relayed. Differs: Urbit relays at hops 0 too, and the first copy only. */
  #goesOn(hops: number, seen: Seen | undefined): boolean {
    const { config } = this.#context;
    if (config.hops === 0 || hops === 0) return false;
    return seen?.relayed !== true || (config.relay === 'farthest' && hops > seen.hops);
  }

  /** Whether we listen to that peer. What others send is dropped: nothing crosses a link against our policy. */
  #hears(peer: PeerId): boolean {
    if (this.#context.hearing.watches(peer)) return true;
    this.#context.notice({ name: 'bad-rumor', peer, reason: 'not-heard' });
    return false;
  }

  /** Differs: the most hops count, not the first. */
  #remember(id: RumorId, hops: number, seen: Seen | undefined, delivered: boolean, relayed: boolean): void {
    const most = Math.max(hops, seen?.hops ?? 0);
    const ever = relayed || seen?.relayed === true;
    if (seen !== undefined && most === seen.hops && delivered === seen.delivered && ever === seen.relayed) return;
    this.#context.emit({ type: 'Remember', id, hops: most, delivered, relayed: ever });
  }

  #lag(from: PeerId): void {
    this.#lagged += 1;
    this.#context.notice({ name: 'lagged', peer: from, count: this.#lagged });
  }
}
