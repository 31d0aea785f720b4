/**
 * The gossip core of one run of one agent: whom to hear and tell, what to deliver, relay and remember. Pure.
 * It knows no payloads, hashes, clocks or links: ids, verdicts and what is remembered come with the inputs.
 * Source: rules W1 to W25 of Urbit's /lib/gossip. "Differs:" marks where this one does better.
 *
 * Duties of the caller: perform all effects in order; check what an agent gave (`configChange`, the marks) before it becomes an
 * input, since a step cannot be taken back; call {@link GossipCore.mustRead} to tell a `RepeatArrived` from a `RumorArrived`.
 */
import type { AgentEvent, Seen } from '../agent.ts';
import { assertNever } from '../errors.ts';
import type { PeerId, RumorId } from '../ids.ts';
import { configInEffect, sameConfig } from './config.ts';
import type { GossipConfig } from './config.ts';
import { Circle } from './core/circle.ts';
import { Hearing } from './core/hearing.ts';
import type { Ending } from './core/hearing.ts';
import type { Arrival, GossipEffect, Input, PalsList, Timer } from './core/messages.ts';
import { Quarantine } from './core/quarantine.ts';
import type { QuarantineEntry, QuarantineLimits } from './core/quarantine.ts';

/** Why we refuse or end a subscription (Urbit's word). */
export const FORBIDDEN = 'gossip-forbidden';

/** How long to wait after pals refused us (Urbit). */
const PALS_RETRY_MS = 60_000;

export interface CoreSetup extends QuarantineLimits {
  readonly our: PeerId;
  /** The most hops the code allows, 1 to 15. */
  readonly maxHops: number;
  /** The config that the code gives. */
  readonly given: GossipConfig;
  /** The config that was saved; `undefined` at the wrapper's first start. */
  readonly persisted: unknown;
  /** What lies in quarantine, in any order. */
  readonly quarantined: readonly QuarantineEntry[];
}

export class GossipCore<Body> {
  readonly #our: PeerId;
  readonly #maxHops: number;
  readonly #given: GossipConfig;
  readonly #firstStart: boolean;
  readonly #circle: Circle;
  readonly #hearing: Hearing = new Hearing();
  readonly #quarantine: Quarantine;
  /** Open subscriptions to our rumors by peer. The host bounds them (limits.maxWatchesPerPeer, limits.maxLinks). */
  readonly #subscribers: Map<PeerId, number> = new Map();
  #persisted: unknown;
  #config: GossipConfig;
  /** New rumors in a row for which the agent had no room. */
  #lagged = 0;
  /** The halves of pals that refused us, until their timer fires. */
  readonly #palsRetries: Set<PalsList> = new Set();
  #effects: GossipEffect<Body>[] = [];

  constructor(setup: CoreSetup) {
    this.#our = setup.our;
    this.#maxHops = setup.maxHops;
    this.#given = setup.given;
    this.#firstStart = setup.persisted === undefined;
    this.#persisted = setup.persisted ?? setup.given;
    this.#config = configInEffect(this.#persisted, setup.maxHops).config;
    this.#circle = new Circle(setup.our);
    this.#quarantine = new Quarantine(setup, setup.quarantined);
  }

  /** The config in effect. */
  get config(): GossipConfig {
    return this.#config;
  }

  /** Whether the policy lets that peer hear us now. */
  mayTell(peer: PeerId): boolean {
    return this.#circle.mayTell(this.#config.tell, peer);
  }

  /** Whether a copy has to be read: because the agent has not had it, or because it would be relayed and nothing goes out unread. */
  mustRead(hops: number, seen: Seen): boolean {
    return !seen.delivered || (hops > 0 && this.#mayRelay(seen));
  }

  /** Advances the machine by one input. The shell must perform every returned effect, in order. */
  step(input: Input<Body>): readonly GossipEffect<Body>[] {
    this.#effects = [];
    this.#dispatch(input);
    return this.#effects;
  }

  #dispatch(input: Input<Body>): void {
    switch (input.type) {
      case 'Started':
        return this.#onStarted();
      case 'PalChanged':
        this.#circle.apply(input.change, input.peer);
        return this.#review(input.peer);
      case 'PalsRefused':
        return this.#onPalsRefused(input.list, input.reason);
      case 'PalsKicked':
        return this.#onPalsKicked(input.list);
      case 'WatchAsked':
        return this.#onWatchAsked(input.peer);
      case 'SubscriberLeft':
        return this.#onSubscriberLeft(input.peer);
      case 'Published':
        return this.#onPublished(input.id, input.body);
      case 'FirstAnswerGiven':
        return this.#onFirstAnswerGiven(input);
      case 'Configured':
        return this.#onConfigured(input.change);
      case 'RumorArrived':
        return this.#onRumorArrived(input);
      case 'RepeatArrived':
        return this.#onRepeatArrived(input);
      case 'StrangeRumorArrived':
        return this.#onStrangeRumorArrived(input);
      case 'RumorRejected':
        return this.#notice({ name: 'bad-rumor', peer: input.from, reason: input.reason });
      case 'Quarantined':
        return this.#onQuarantined(input);
      case 'QuarantineRead':
        return this.#onQuarantineRead(input);
      case 'WatchAcked':
        return undefined; // It comes again after every lost link, and changes nothing: we knew that we watch.
      case 'WatchRefused':
        return this.#onWatchEnded(input.peer, 'watch-refused', input.reason);
      case 'Kicked':
        return this.#onWatchEnded(input.peer, 'kicked', input.reason);
      case 'TimerFired':
        return this.#onTimerFired(input.timer);
      default:
        return assertNever(input);
    }
  }

  #onStarted(): void {
    if (this.#firstStart) this.#emit({ type: 'SaveConfig', config: this.#persisted });
    else if (!sameConfig(this.#given, this.#persisted)) this.#notice({ name: 'config-differs', detail: { code: this.#given, persisted: this.#persisted } });
    const { clamped } = configInEffect(this.#persisted, this.#maxHops);
    if (clamped.length > 0) this.#notice({ name: 'config-clamped', reason: clamped.join(', '), detail: { persisted: this.#persisted, inEffect: this.#config } });
    this.#emit({ type: 'WatchPals', list: 'targets' });
    this.#emit({ type: 'WatchPals', list: 'leeches' });
    this.#emit({ type: 'ReportConfig', config: this.#config });
  }

  #onPalsRefused(list: PalsList, reason: string): void {
    this.#forgetPals(list);
    this.#palsRetries.add(list);
    this.#notice({ name: 'pals-refused', reason });
    this.#emit({ type: 'SetTimer', timer: { of: 'pals', list }, delayMs: PALS_RETRY_MS });
  }

  #onPalsKicked(list: PalsList): void {
    this.#forgetPals(list);
    this.#emit({ type: 'WatchPals', list });
  }

  /** Differs: nobody tells us of a part while we do not watch, so nobody counts as a pal until pals says so again. */
  #forgetPals(list: PalsList): void {
    for (const peer of this.#circle.clear(list)) this.#review(peer);
  }

  #onWatchAsked(peer: PeerId): void {
    if (this.mayTell(peer)) this.#subscribers.set(peer, (this.#subscribers.get(peer) ?? 0) + 1);
    else this.#emit({ type: 'Refuse', reason: FORBIDDEN });
  }

  #onSubscriberLeft(peer: PeerId): void {
    const open = (this.#subscribers.get(peer) ?? 0) - 1;
    if (open > 0) this.#subscribers.set(peer, open);
    else this.#subscribers.delete(peer);
  }

  #onPublished(id: RumorId, body: Body): void {
    const { hops } = this.#config;
    this.#emit({ type: 'Remember', id, hops, delivered: true, relayed: hops > 0 });
    if (hops === 0) return; // Differs: Urbit decrements before it looks, and crashes.
    this.#emit({ type: 'Keep', id, hops, body });
    this.#emit({ type: 'Send', hops: hops - 1, body });
    this.#emit({ type: 'ReportRumor', what: 'published', id, hops: hops - 1, src: this.#our, body });
  }

  /** Differs: Urbit gives the config's hops afresh to whatever the agent answers, and so launders what it heard from others. */
  #onFirstAnswerGiven({ to, seen, body }: Extract<Input<Body>, { type: 'FirstAnswerGiven' }>): void {
    if (this.#config.hops === 0 || !this.mayTell(to)) return;
    const hops = seen === undefined ? 0 : Math.min(seen.hops, this.#maxHops) - 1;
    if (hops >= 0) this.#emit({ type: 'Answer', hops, body });
  }

  #onConfigured(change: Partial<GossipConfig>): void {
    const before = this.#persisted;
    // What this code forbids stays as it was saved, until somebody changes that very field.
    this.#persisted = { ...(before as object), ...change };
    if (sameConfig(before, this.#persisted)) return;
    this.#config = configInEffect(this.#persisted, this.#maxHops).config;
    this.#emit({ type: 'SaveConfig', config: this.#persisted });
    this.#emit({ type: 'ReportConfig', config: this.#config });
    for (const peer of new Set([...this.#circle.everybody(), ...this.#hearing.peers(), ...this.#subscribers.keys()])) this.#review(peer);
  }

  #onRumorArrived(input: Arrival<Body>): void {
    if (this.#hears(input.from)) this.#ingest(input, false);
  }

  /** The same for a rumor from a link and for one that quarantine gives back. */
  #ingest({ id, from, seen, verdict, room, body, hops: hopsOnWire }: Arrival<Body>, replayed: boolean): void {
    const hops = this.#clamp(hopsOnWire);
    const invalid = verdict.type === 'invalid';
    const delivered = room && seen?.delivered !== true;
    const relayed = hops > 0 && !invalid && this.#mayRelay(seen);
    this.#remember(id, hops, seen, delivered, relayed);
    if (seen === undefined && !invalid) this.#emit({ type: 'Keep', id, hops, body });
    if (relayed) this.#relay(id, from, hops - 1, body);
    if (invalid) this.#notice({ name: 'invalid-data', peer: from, reason: verdict.reason, ...(verdict.error !== undefined && { error: verdict.error }) });
    if (delivered) {
      this.#lagged = 0;
      this.#emit({ type: 'Deliver', id, from, body, replayed });
      if (verdict.type === 'unknown') this.#emit({ type: 'Quarantine', from, body });
    } else if (seen === undefined) {
      this.#lag(from);
    }
  }

  #onRepeatArrived({ id, from, hops, seen }: Extract<Input<Body>, { type: 'RepeatArrived' }>): void {
    if (hops > seen.hops && this.#hears(from)) this.#remember(id, this.#clamp(hops), seen, false, false);
  }

  #onStrangeRumorArrived({ id, from, room, body }: Extract<Input<Body>, { type: 'StrangeRumorArrived' }>): void {
    if (!this.#hears(from) || this.#quarantine.has(id)) return;
    if (room) this.#emit({ type: 'Quarantine', from, body });
    else this.#lag(from);
  }

  #onQuarantined({ id, from, unknown, bytes, body }: Extract<Input<Body>, { type: 'Quarantined' }>): void {
    if (this.#quarantine.has(id)) return;
    const { order, dropped } = this.#quarantine.add(id, bytes);
    for (const oldest of dropped) this.#emit({ type: 'ForgetQuarantined', id: oldest });
    if (order !== undefined) this.#emit({ type: 'SaveQuarantined', id, order, from, unknown, body });
    const count = dropped.length + (order === undefined ? 1 : 0);
    if (count > 0) this.#notice({ name: 'quarantine-full', count });
  }

  #onQuarantineRead(input: Extract<Input<Body>, { type: 'QuarantineRead' }>): void {
    this.#quarantine.delete(input.id);
    this.#emit({ type: 'ForgetQuarantined', id: input.id });
    if (input.unknown === 'kind') return this.#ingest(input, true);
    // The agent has had it as gossip-unknown, and it was relayed then.
    return this.#emit({ type: 'Deliver', id: input.id, from: input.from, body: input.body, replayed: true });
  }

  #onWatchEnded(peer: PeerId, name: Ending, reason: string): void {
    const delayMs = this.#hearing.ended(peer, name);
    if (delayMs === undefined) return;
    this.#notice({ name, peer, reason });
    this.#emit({ type: 'SetTimer', timer: { of: 'hear', peer }, delayMs });
  }

  #onTimerFired(timer: Timer): void {
    // Timers outlive the process: one may be from a run that waited for what this one has.
    if (timer.of === 'hear' && this.#hearing.retry(timer.peer)) this.#emit({ type: 'Watch', peer: timer.peer });
    if (timer.of === 'pals' && this.#palsRetries.delete(timer.list)) this.#emit({ type: 'WatchPals', list: timer.list });
  }

  /** Makes what we hold with a peer fit the policy: our subscription to it, and its subscription to us. */
  #review(peer: PeerId): void {
    const change = this.#hearing.review(peer, this.#circle.mayHear(this.#config.hear, peer));
    if (change === 'watch') this.#emit({ type: 'Watch', peer });
    if (change === 'leave') this.#emit({ type: 'Leave', peer });
    if (change === 'rest') this.#emit({ type: 'CancelTimer', timer: { of: 'hear', peer } });
    if (this.mayTell(peer) || !this.#subscribers.delete(peer)) return;
    this.#emit({ type: 'Kick', peer, reason: FORBIDDEN });
  }

  /** Whether we listen to that peer. What others send is dropped: nothing crosses a link against our policy. */
  #hears(peer: PeerId): boolean {
    if (this.#hearing.watches(peer)) return true;
    this.#notice({ name: 'bad-rumor', peer, reason: 'not-heard' });
    return false;
  }

  /** Differs: a count is never taken as it comes. */
  #clamp(hopsOnWire: number): number {
    return Math.min(hopsOnWire, this.#maxHops - 1);
  }

  /** Differs: Urbit relays at hops 0 too. */
  #mayRelay(seen: Seen | undefined): boolean {
    return this.#config.hops > 0 && seen?.relayed !== true;
  }

  /** Differs: the most hops count, not the first. */
  #remember(id: RumorId, hops: number, seen: Seen | undefined, delivered: boolean, relayed: boolean): void {
    const merged = { hops: Math.max(hops, seen?.hops ?? 0), delivered: delivered || seen?.delivered === true, relayed: relayed || seen?.relayed === true };
    if (seen === undefined || merged.hops !== seen.hops || delivered || relayed) this.#emit({ type: 'Remember', id, ...merged });
  }

  /** Differs: Urbit tells the sender again. */
  #relay(id: RumorId, from: PeerId, hops: number, body: Body): void {
    this.#emit({ type: 'Send', hops, body, except: from });
    this.#emit({ type: 'ReportRumor', what: 'relayed', id, hops, src: from, body });
  }

  #lag(from: PeerId): void {
    this.#lagged += 1;
    this.#notice({ name: 'lagged', peer: from, count: this.#lagged });
  }

  #notice(event: AgentEvent): void {
    this.#emit({ type: 'Notice', event });
  }

  #emit(effect: GossipEffect<Body>): void {
    this.#effects.push(effect);
  }
}
