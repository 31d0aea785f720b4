/**
 * The gossip core of one run of one agent: whom to hear and tell, what to deliver, relay, pass and remember. Pure.
 * It knows no payloads, hashes, clocks or links: ids, verdicts, what is remembered, the time and the dice come from outside.
 * Source: rules W1 to W25 of Urbit's /lib/gossip. "Differs:" marks where this one does better.
 *
 * Here every input finds its part: who is heard and told is in core/audience.ts, whom there is in core/acquaintance.ts, what becomes of rumors in
 * core/rumors.ts, passing in core/passing.ts, reach in core/spread.ts.
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
import { Acquaintance } from './core/acquaintance.ts';
import { Audience } from './core/audience.ts';
import { Context } from './core/context.ts';
import type { GossipEffect, Input, Timer } from './core/messages.ts';
import { Passing } from './core/passing.ts';
import type { RestoredRumor } from './core/passing.ts';
import type { QuarantineEntry } from './core/quarantine.ts';
import { Rumors } from './core/rumors.ts';
import { Spread } from './core/spread.ts';

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
  readonly #audience: Audience<Body>;
  readonly #acquaintance: Acquaintance<Body>;
  readonly #firstStart: boolean;
  #persisted: unknown;

  constructor(setup: CoreSetup<Body>) {
    this.#firstStart = setup.persisted === undefined;
    this.#persisted = setup.persisted ?? setup.given;
    this.#context = new Context(setup, configInEffect(this.#persisted, setup.maxHops, setup.given).config);
    this.#spread = new Spread(this.#context, setup);
    this.#passing = new Passing(this.#context, this.#spread, setup, setup.held);
    this.#rumors = new Rumors(this.#context, this.#spread, this.#passing, setup, setup.quarantined);
    this.#audience = new Audience(this.#context, this.#spread);
    this.#acquaintance = new Acquaintance(this.#context, this.#audience);
  }

  /** The config in effect. */
  get config(): GossipConfig {
    return this.#context.config;
  }

  /** Whether the policy lets that peer hear us now. */
  mayTell(peer: PeerId): boolean {
    return this.#context.mayTell(peer);
  }

  /** Whether we listen to that peer now. */
  hears(peer: PeerId): boolean {
    return this.#context.hearing.watches(peer);
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
    this.#context.nowMs = nowMs;
    this.#spread.expire();
    this.#dispatch(input);
    return this.#context.take();
  }

  #dispatch(input: Input<Body>): void {
    switch (input.type) {
      case 'Started':
        return this.#onStarted();
      case 'PalChanged':
        this.#context.circle.apply(input.change, input.peer);
        return this.#audience.review(input.peer);
      case 'PalsRefused':
        return this.#acquaintance.palsRefused(input.list, input.reason);
      case 'PalsKicked':
        return this.#acquaintance.palsKicked(input.list);
      case 'NeighborChanged':
        this.#context.circle.applyNeighbor(input.change, input.peer);
        return this.#audience.review(input.peer);
      case 'OverlayRefused':
        return this.#acquaintance.overlayRefused(input.reason);
      case 'OverlayKicked':
        return this.#acquaintance.joinOverlay();
      case 'WatchAsked':
        return this.#audience.watchAsked(input.peer);
      case 'SubscriberLeft':
        return this.#audience.subscriberLeft(input.peer);
      case 'Configured':
        return this.#onConfigured(input.change);
      case 'WatchAcked':
        return this.#context.hearing.acked(input.peer); // It comes again after every lost link, and changes nothing then.
      case 'WatchRefused':
        return this.#audience.watchEnded(input.peer, 'watch-refused', input.reason);
      case 'Kicked':
        return this.#audience.watchEnded(input.peer, 'kicked', input.reason);
      case 'Welcomed':
        return this.#audience.welcomed(input.peer);
      case 'TimerFired':
        return this.#onTimerFired(input.timer);
      default:
        return this.#dispatchRumor(input);
    }
  }

  #dispatchRumor(input: RumorInput<Body>): void {
    switch (input.type) {
      case 'Published':
        return this.#rumors.published(input, this.#audience.refusedPals());
      case 'FirstAnswerGiven':
        return this.#rumors.firstAnswer(input);
      case 'RumorArrived':
        return this.#rumors.arrived(input);
      case 'RepeatArrived':
        return this.#rumors.repeated(input);
      case 'RumorOffered':
        return this.#rumors.offered(input);
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
    if (this.#firstStart) this.#context.emit({ type: 'SaveConfig', config: this.#persisted });
    else if (!sameConfig(given, this.#persisted)) this.#context.notice({ name: 'config-differs', detail: { code: given, persisted: this.#persisted } });
    const { clamped } = configInEffect(this.#persisted, maxHops, given);
    if (clamped.length > 0) this.#context.notice({ name: 'config-clamped', reason: clamped.join(', '), detail: { persisted: this.#persisted, inEffect: config } });
    this.#acquaintance.started();
    this.#context.emit({ type: 'ReportConfig', config });
    this.#passing.started();
  }

  #onConfigured(change: Partial<GossipConfig>): void {
    const { maxHops, given, config: before } = this.#context;
    const persisted = this.#persisted;
    // What this code forbids stays as it was saved, until somebody changes that very field.
    this.#persisted = { ...(persisted as object), ...change };
    if (sameConfig(persisted, this.#persisted)) return;
    const { config } = configInEffect(this.#persisted, maxHops, given);
    this.#context.config = config;
    this.#context.emit({ type: 'SaveConfig', config: this.#persisted });
    this.#context.emit({ type: 'ReportConfig', config });
    this.#acquaintance.changed(before);
    this.#audience.reviewAll();
  }

  #onTimerFired(timer: Timer): void {
    switch (timer.of) {
      case 'hear':
        return this.#audience.retry(timer.peer);
      case 'pals':
        return this.#acquaintance.retryPals(timer.list);
      case 'overlay':
        return this.#acquaintance.retryOverlay();
      case 'embargo':
        return this.#passing.embargoEnded(timer.id);
      case 'leave':
        this.#spread.due(timer.id);
        return this.#passing.due(timer.id);
      case 'recent':
        return this.#spread.sweep();
    }
  }
}
