/**
 * HyParView: the membership of one topic, seen from one peer. A few symmetric links (the active view), and some more members known by
 * name (the passive view) to replace them from. Pure: no clock, no dice of its own, no sockets.
 * Source: HyParView (Leitão, Pereira, Rodrigues, DSN 2007). "Differs:" marks where this one does otherwise.
 *
 * The shell must: perform every effect, in order; call `step` for one input at a time; hand back each `SetTimer` as `TimerFired`;
 * check the records of a message before the core sees it (see {@link Contact}); say `LinkLost` when a neighbour's link closes or falls silent,
 * and `ConnectFailed` when a `Connect` led nowhere.
 */
import { assertNever } from '../errors.ts';
import type { PeerId } from '../ids.ts';
import type { Random } from '../random.ts';
import type { OverlayConfig } from './config.ts';
import { around } from './dice.ts';
import { Joining } from './joining.ts';
import { Linking } from './linking.ts';
import { Membership } from './membership.ts';
import type { Contact, OverlayEffect, OverlayInput, OverlayMessage, OverlayTimer } from './messages.ts';
import { Seeking } from './seeking.ts';
import { Shuffling } from './shuffling.ts';
import { Turn } from './turn.ts';

const SHUFFLE_JITTER_PERCENT = 10;

export class HyParView {
  readonly #config: OverlayConfig;
  readonly #random: Random;
  readonly #turn = new Turn();
  readonly #members: Membership;
  readonly #seeking: Seeking;
  readonly #linking: Linking;
  readonly #joining: Joining;
  readonly #shuffling: Shuffling;
  #state: 'new' | 'running' | 'left' = 'new';

  constructor(self: PeerId, config: OverlayConfig, random: Random) {
    this.#config = config;
    this.#random = random;
    this.#members = new Membership(self, config, random, this.#turn);
    this.#seeking = new Seeking(config, random, this.#turn, this.#members);
    this.#linking = new Linking(config, this.#turn, this.#members, this.#seeking);
    this.#joining = new Joining(config, this.#turn, this.#members, this.#seeking, this.#linking);
    this.#shuffling = new Shuffling(config, random, this.#turn, this.#members);
  }

  /** Neighbours that are members, the oldest first. */
  get activeView(): readonly PeerId[] {
    return this.#members.active.members.map(({ contact }) => contact.peer);
  }

  /** Neighbours that are leaves, the oldest first. */
  get leaves(): readonly PeerId[] {
    return this.#members.active.leaves.map(({ contact }) => contact.peer);
  }

  /** Members we know and hold no link to, in no order. */
  get passiveView(): readonly Contact[] {
    return this.#members.passive.contacts;
  }

  isNeighbor(peer: PeerId): boolean {
    return this.#members.isNeighbor(peer);
  }

  /** Advances the machine by one input. The shell must perform every returned effect, in order. `nowMs` never goes back. */
  step(input: OverlayInput, nowMs: number): readonly OverlayEffect[] {
    this.#turn.begin(nowMs);
    if (this.#state === 'running') this.#dispatch(input);
    else if (this.#state === 'new' && input.type === 'Started') this.#onStarted(input);
    return this.#turn.effects;
  }

  #dispatch(input: OverlayInput): void {
    switch (input.type) {
      case 'Started':
        return undefined;
      case 'RecordChanged':
        this.#members.me = { peer: this.#members.self, record: input.record };
        return undefined;
      case 'JoinRequested':
        return this.#seeking.join(input.contacts);
      case 'ProbeRequested':
        return this.#onProbeRequested(input.contact);
      case 'MessageReceived':
        return this.#onMessage(input.from, input.message);
      case 'TimerFired':
        return this.#onTimerFired(input.timer);
      case 'LinkLost':
        return this.#onLinkLost(input.peer);
      case 'ConnectFailed':
        return this.#onConnectFailed(input.peer);
      case 'LeaveRequested':
        return this.#onLeaveRequested();
      default:
        return assertNever(input);
    }
  }

  #onMessage(from: PeerId, message: OverlayMessage): void {
    if (from === this.#members.self) return this.#turn.ignore(from, message.type, 'from-ourselves');
    switch (message.type) {
      case 'Join':
        return this.#joining.onJoin(from, message);
      case 'JoinReply':
        return this.#joining.onJoinReply(from, message);
      case 'ForwardJoin':
        return this.#joining.onForwardJoin(from, message);
      case 'Neighbor':
        return this.#linking.onNeighbor(from, message);
      case 'NeighborReply':
        return this.#linking.onNeighborReply(from, message);
      case 'Disconnect':
        return this.#linking.onDisconnect(from, message);
      case 'Shuffle':
        return this.#shuffling.onShuffle(from, message);
      case 'ShuffleReply':
        if (this.#shuffling.onShuffleReply(from, message)) this.#seeking.fill();
        return undefined;
      default:
        return assertNever(message);
    }
  }

  #onStarted({ role, record }: Extract<OverlayInput, { type: 'Started' }>): void {
    this.#state = 'running';
    this.#members.role = role;
    this.#members.me = { peer: this.#members.self, record };
    // Anywhere in the interval, or all who start together would shuffle together.
    this.#setShuffleTimer(1 + this.#random.below(this.#config.shuffleIntervalMs));
    this.#seeking.setRepair();
  }

  #onProbeRequested(contact: Contact): void {
    if (this.#seeking.mayAsk(contact)) this.#seeking.ask(contact, 'probe', 'probe');
  }

  #onTimerFired(timer: OverlayTimer): void {
    switch (timer) {
      case 'shuffle':
        return this.#onShuffleTimer();
      case 'requests':
        return this.#seeking.onRequestsTimer();
      case 'repair':
        return this.#seeking.onRepairTimer();
      default:
        return assertNever(timer);
    }
  }

  #onShuffleTimer(): void {
    this.#setShuffleTimer(around(this.#config.shuffleIntervalMs, SHUFFLE_JITTER_PERCENT, this.#random));
    this.#seeking.forgive();
    this.#shuffling.start();
    this.#seeking.fill();
  }

  #onLinkLost(peer: PeerId): void {
    const link = this.#members.active.get(peer);
    if (link !== undefined) this.#members.down(link, 'lost');
    const request = this.#seeking.requests.take(peer);
    // It may have closed what it no longer needed while we asked, so it is not forgotten.
    if (request !== undefined) this.#seeking.failed(request, true);
    else if (link !== undefined) this.#seeking.fill();
  }

  #onConnectFailed(peer: PeerId): void {
    const request = this.#seeking.requests.take(peer);
    if (request !== undefined) this.#seeking.failed(request, false);
  }

  #onLeaveRequested(): void {
    const { active, passive } = this.#members;
    for (const link of [...active.members, ...active.leaves]) this.#members.part(link, 'leaving', null);
    this.#state = 'left';
    passive.clear();
    this.#seeking.clear();
    this.#shuffling.clear();
  }

  #setShuffleTimer(delayMs: number): void {
    this.#turn.perform({ type: 'SetTimer', timer: 'shuffle', delayMs });
  }
}
