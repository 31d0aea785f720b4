/**
 * The gossip core of one run of one agent: whom to hear and tell, what to deliver, relay, pass and remember. Pure.
 * It knows no payloads, hashes, clocks or links: ids, verdicts, what is remembered, the time and the dice come from outside.
 * Source: rules W1 to W25 of Urbit's /lib/gossip. "Differs:" marks where this one does better.
 *
 * Here is who is heard and told; what becomes of rumors is in core/rumors.ts, passing in core/passing.ts, reach in core/spread.ts.
 *
 * Duties of the caller: perform all effects in order; check what an agent gave (`configChange`, the marks) before it becomes an
 * input, since a step cannot be taken back; call {@link GossipCore.mustRead} to tell a `RepeatArrived` from a `RumorArrived`.
 */
import { assertNever } from '../errors.ts';
import type { PeerId, RumorId } from '../ids.ts';
import type { AgentLimits, Seen } from '../agent.ts';
import type { Random } from '../random.ts';
import { configInEffect, sameConfig } from './config.ts';
import type { GossipConfig } from './config.ts';
import { Context } from './core/context.ts';
import type { Ending } from './core/hearing.ts';
import type { GossipEffect, Input, OverlayRole, PalsList, Timer } from './core/messages.ts';
import { Passing } from './core/passing.ts';
import type { RestoredRumor } from './core/passing.ts';
import type { QuarantineEntry } from './core/quarantine.ts';
import { Refusals } from './core/refusals.ts';
import { Rumors } from './core/rumors.ts';
import { Spread } from './core/spread.ts';

/** Why we refuse or end a subscription (Urbit's word). */
export const FORBIDDEN = 'gossip-forbidden';

/** How long to wait after pals refused us (Urbit), or the overlay. */
const LOCAL_RETRY_MS = 60_000;

export interface CoreSetup<Body> extends Omit<AgentLimits, 'maxPayloadBytes'> {
  readonly our: PeerId;
  /** The most hops the code allows, 1 to 15. */
  readonly maxHops: number;
  /** The config that the code gives. */
  readonly given: GossipConfig;
  /** The config that was saved; `undefined` at the wrapper's first start. */
  readonly persisted: unknown;
  /** What lies in quarantine, in any order. */
  readonly quarantined: readonly QuarantineEntry[];
  /** What was held for proxies, in any order. */
  readonly held: readonly RestoredRumor<Body>[];
  /** Thrown only for passing. Nobody may foretell them but tests and simulators. */
  readonly random: Random;
}

/** What concerns a rumor, not a peer. */
type RumorInput<Body> = Exclude<Input<Body>, { type: 'Started' | 'PalChanged' | 'PalsRefused' | 'PalsKicked' | 'NeighborChanged' | 'OverlayRefused' | 'OverlayKicked' | 'WatchAsked' | 'SubscriberLeft' | 'Configured' | 'WatchAcked' | 'WatchRefused' | 'Kicked' | 'Welcomed' | 'TimerFired' }>;

export class GossipCore<Body> {
  readonly #context: Context<Body>;
  readonly #spread: Spread<Body>;
  readonly #passing: Passing<Body>;
  readonly #rumors: Rumors<Body>;
  readonly #refusals: Refusals = new Refusals();
  readonly #firstStart: boolean;
  #persisted: unknown;
  /** The halves of pals that refused us, until their timer fires. */
  readonly #palsRetries: Set<PalsList> = new Set();
  /** The overlay refused us, until its timer fires. */
  #overlayRetry = false;

  constructor(setup: CoreSetup<Body>) {
    this.#firstStart = setup.persisted === undefined;
    this.#persisted = setup.persisted ?? setup.given;
    this.#context = new Context(setup, configInEffect(this.#persisted, setup.maxHops, setup.given).config);
    this.#spread = new Spread(this.#context, setup);
    this.#passing = new Passing(this.#context, this.#spread, setup, setup.held);
    this.#rumors = new Rumors(this.#context, this.#spread, this.#passing, setup, setup.quarantined);
  }

  /** The config in effect. */
  get config(): GossipConfig {
    return this.#context.config;
  }

  /** Whether the policy lets that peer hear us now. */
  mayTell(peer: PeerId): boolean {
    return this.#context.mayTell(peer);
  }

  /** Whether a copy has to be read: because the agent has not had it, or because it would go out and is not at hand, and nothing goes out unread. */
  mustRead(id: RumorId, hops: number, seen: Seen): boolean {
    return this.#rumors.mustRead(id, hops, seen);
  }

  /**
   * Advances the machine by one input. The shell must perform every returned effect, in order.
   * @param nowMs wall clock, ms since 1970
   */
  step(input: Input<Body>, nowMs: number): readonly GossipEffect<Body>[] {
    this.#context.effects = [];
    this.#context.nowMs = nowMs;
    this.#spread.expire();
    this.#dispatch(input);
    return this.#context.effects;
  }

  #dispatch(input: Input<Body>): void {
    switch (input.type) {
      case 'Started':
        return this.#onStarted();
      case 'PalChanged':
        this.#context.circle.apply(input.change, input.peer);
        return this.#review(input.peer);
      case 'PalsRefused':
        return this.#onPalsRefused(input.list, input.reason);
      case 'PalsKicked':
        return this.#onPalsKicked(input.list);
      case 'NeighborChanged':
        this.#context.circle.applyNeighbor(input.change, input.peer);
        return this.#review(input.peer);
      case 'OverlayRefused':
        return this.#onOverlayRefused(input.reason);
      case 'OverlayKicked':
        return this.#joinOverlay();
      case 'WatchAsked':
        return this.#onWatchAsked(input.peer);
      case 'SubscriberLeft':
        return this.#onSubscriberLeft(input.peer);
      case 'Configured':
        return this.#onConfigured(input.change);
      case 'WatchAcked':
        return this.#context.hearing.acked(input.peer); // It comes again after every lost link, and changes nothing then.
      case 'WatchRefused':
        return this.#onWatchEnded(input.peer, 'watch-refused', input.reason);
      case 'Kicked':
        return this.#onWatchEnded(input.peer, 'kicked', input.reason);
      case 'Welcomed':
        return this.#onWelcomed(input.peer);
      case 'TimerFired':
        return this.#onTimerFired(input.timer);
      default:
        return this.#dispatchRumor(input);
    }
  }

  #dispatchRumor(input: RumorInput<Body>): void {
    switch (input.type) {
      case 'Published':
        return this.#rumors.published(input, this.#refusedPals());
      case 'FirstAnswerGiven':
        return this.#rumors.firstAnswer(input);
      case 'RumorArrived':
        return this.#rumors.arrived(input);
      case 'RepeatArrived':
        return this.#rumors.repeated(input);
      case 'UpgradeArrived':
        return this.#rumors.upgraded(input);
      case 'RumorPoked':
        return this.#rumors.poked(input);
      case 'PassAnswered':
        return this.#passing.answered(input.id, input.peer, input.refused);
      case 'StrangeRumorArrived':
        return this.#rumors.strange(input);
      case 'RumorRejected':
        return this.#context.notice({ name: 'bad-rumor', peer: input.from, reason: input.reason });
      case 'Quarantined':
        return this.#rumors.quarantined(input);
      case 'QuarantineRead':
        return this.#rumors.quarantineRead(input);
      default:
        return assertNever(input);
    }
  }

  #onStarted(): void {
    const { given, maxHops, config } = this.#context;
    if (this.#firstStart) this.#emit({ type: 'SaveConfig', config: this.#persisted });
    else if (!sameConfig(given, this.#persisted)) this.#context.notice({ name: 'config-differs', detail: { code: given, persisted: this.#persisted } });
    const { clamped } = configInEffect(this.#persisted, maxHops, given);
    if (clamped.length > 0) this.#context.notice({ name: 'config-clamped', reason: clamped.join(', '), detail: { persisted: this.#persisted, inEffect: config } });
    this.#emit({ type: 'WatchPals', list: 'targets' });
    this.#emit({ type: 'WatchPals', list: 'leeches' });
    this.#joinOverlay();
    this.#emit({ type: 'ReportConfig', config });
    this.#passing.started();
  }

  #onPalsRefused(list: PalsList, reason: string): void {
    this.#forgetPals(list);
    this.#palsRetries.add(list);
    this.#context.notice({ name: 'pals-refused', reason });
    this.#emit({ type: 'SetTimer', timer: { of: 'pals', list }, delayMs: LOCAL_RETRY_MS });
  }

  #onPalsKicked(list: PalsList): void {
    this.#forgetPals(list);
    this.#emit({ type: 'WatchPals', list });
  }

  /** Differs: nobody tells us of a part while we do not watch, so nobody counts as a pal until pals says so again. */
  #forgetPals(list: PalsList): void {
    for (const peer of this.#context.circle.clear(list)) this.#review(peer);
  }

  #onOverlayRefused(reason: string): void {
    this.#forgetNeighbors();
    this.#overlayRetry = true;
    this.#context.notice({ name: 'overlay-refused', reason });
    this.#emit({ type: 'SetTimer', timer: { of: 'overlay' }, delayMs: LOCAL_RETRY_MS });
  }

  /** Takes the place in the topic's overlay that the policy gives us, if any, and forgets whom we knew in another one. */
  #joinOverlay(): void {
    this.#forgetNeighbors();
    this.#overlayRetry = false;
    const role = overlayRole(this.config);
    if (role !== undefined) this.#emit({ type: 'WatchOverlay', role });
  }

  #forgetNeighbors(): void {
    for (const peer of this.#context.circle.clear('neighbors')) this.#review(peer);
  }

  #onWatchAsked(peer: PeerId): void {
    const { subscribers, nowMs } = this.#context;
    if (!this.mayTell(peer)) {
      this.#refusals.add(peer, nowMs);
      return this.#emit({ type: 'Refuse', reason: FORBIDDEN });
    }
    this.#refusals.take(peer, nowMs);
    subscribers.set(peer, (subscribers.get(peer) ?? 0) + 1);
    // Whoever asks runs the agent, so it is worth asking back.
    this.#nudge(peer);
  }

  #onSubscriberLeft(peer: PeerId): void {
    const { subscribers } = this.#context;
    const open = (subscribers.get(peer) ?? 0) - 1;
    if (open > 0) return void subscribers.set(peer, open);
    subscribers.delete(peer);
    this.#spread.forget(peer);
  }

  #onConfigured(change: Partial<GossipConfig>): void {
    const { circle, hearing, subscribers, maxHops, given } = this.#context;
    const before = this.#persisted;
    // What this code forbids stays as it was saved, until somebody changes that very field.
    this.#persisted = { ...(before as object), ...change };
    if (sameConfig(before, this.#persisted)) return;
    const { config } = configInEffect(this.#persisted, maxHops, given);
    const roleBefore = overlayRole(this.#context.config);
    this.#context.config = config;
    this.#emit({ type: 'SaveConfig', config: this.#persisted });
    this.#emit({ type: 'ReportConfig', config });
    if (overlayRole(config) !== roleBefore) this.#changeOverlay();
    for (const peer of new Set([...circle.everybody(), ...hearing.peers(), ...subscribers.keys(), ...this.#refusals.peers()])) this.#review(peer);
  }

  #changeOverlay(): void {
    if (this.#overlayRetry) this.#emit({ type: 'CancelTimer', timer: { of: 'overlay' } });
    if (overlayRole(this.config) === undefined) this.#emit({ type: 'LeaveOverlay' });
    this.#joinOverlay();
  }

  #onWatchEnded(peer: PeerId, name: Ending, reason: string): void {
    const delayMs = this.#context.hearing.ended(peer, name);
    if (delayMs === undefined) return;
    this.#context.notice({ name, peer, reason });
    this.#emit({ type: 'SetTimer', timer: { of: 'hear', peer }, delayMs });
  }

  /** Differs: Urbit asks again half an hour after a refusal, whatever happened meanwhile. */
  #onWelcomed(peer: PeerId): void {
    // Who is nothing to us learns nothing from the answer.
    if (this.#context.mayHear(peer)) this.#nudge(peer);
    else this.#emit({ type: 'Refuse', reason: FORBIDDEN });
  }

  #onTimerFired(timer: Timer): void {
    // Timers outlive the process: one may be from a run that waited for what this one has.
    switch (timer.of) {
      case 'hear':
        if (this.#context.hearing.retry(timer.peer)) this.#emit({ type: 'Watch', peer: timer.peer });
        return;
      case 'pals':
        if (this.#palsRetries.delete(timer.list)) this.#emit({ type: 'WatchPals', list: timer.list });
        return;
      case 'overlay':
        return this.#overlayRetry ? this.#joinOverlay() : undefined;
      case 'embargo':
        return this.#passing.embargoEnded(timer.id);
      case 'leave':
        this.#spread.due(timer.id);
        return this.#passing.due(timer.id);
      case 'recent':
        return this.#spread.sweep();
    }
  }

  /** Makes what we hold with a peer fit the policy: our subscription to it, and its subscription to us. */
  #review(peer: PeerId): void {
    const { hearing, subscribers, nowMs } = this.#context;
    const change = hearing.review(peer, this.#context.mayHear(peer));
    if (change === 'watch') this.#emit({ type: 'Watch', peer });
    if (change === 'leave') this.#emit({ type: 'Leave', peer });
    if (change === 'rest') this.#emit({ type: 'CancelTimer', timer: { of: 'hear', peer } });
    if (this.mayTell(peer)) {
      if (this.#refusals.take(peer, nowMs)) this.#emit({ type: 'Welcome', peer });
    } else if (subscribers.delete(peer)) {
      this.#spread.forget(peer);
      this.#refusals.add(peer, nowMs);
      this.#emit({ type: 'Kick', peer, reason: FORBIDDEN });
    }
  }

  #refusedPals(): readonly PeerId[] {
    const { circle } = this.#context;
    return [...this.#refusals.peers()].filter((peer) => circle.mayHear('anybody', peer));
  }

  /** Asks a peer again that refused or kicked us. */
  #nudge(peer: PeerId): void {
    if (!this.#context.hearing.nudge(peer)) return;
    this.#emit({ type: 'CancelTimer', timer: { of: 'hear', peer } });
    this.#emit({ type: 'Watch', peer });
  }

  #emit(effect: GossipEffect<Body>): void {
    this.#context.emit(effect);
  }
}

/** What the policy makes us in the topic's overlay; `undefined`: we stay out. */
function overlayRole({ hear, tell }: GossipConfig): OverlayRole | undefined {
  if (hear !== 'anybody' && tell !== 'anybody') return undefined;
  return hear === tell ? 'member' : 'leaf';
}
