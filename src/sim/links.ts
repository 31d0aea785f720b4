/**
 * Links between places: dials, messages in order, losses, closing, a cut through the network. Pure.
 * A link is open at each end by itself: who closes it or dies is noticed at the other end one latency later.
 */
import type { OverlayMessage } from '../overlay/messages.ts';
import type { Random } from '../random.ts';
import type { Agenda } from './agenda.ts';
import type { Event, Place } from './events.ts';
import { Latencies } from './latencies.ts';
import type { LatencyOptions } from './latencies.ts';

/** What links are like. */
export interface LinkOptions extends LatencyOptions {
  /** Share of messages that vanish on their way, 0 to 1. Links are ordered and reliable, so this is harsher than the world. */
  readonly lossShare: number;
}

/** A dial that nobody answers, as across a cut, is given up after that time (limits.handshakeTimeoutMs). */
const DIAL_TIMEOUT_MS = 5_000;
/** A link that fell silent is given up within that time: a heartbeat and its answer (twice limits.heartbeatMs). */
const SILENCE_MS = 30_000;

export class Links {
  readonly #agenda: Agenda<Event>;
  readonly #lossShare: number;
  readonly #latencies: Latencies;
  readonly #lossRandom: Random;
  readonly #cutRandom: Random;
  #isCut = false;

  constructor(options: LinkOptions, random: Random, agenda: Agenda<Event>) {
    this.#agenda = agenda;
    this.#lossShare = options.lossShare;
    this.#latencies = new Latencies(options, random.fork('latency'));
    this.#lossRandom = random.fork('loss');
    this.#cutRandom = random.fork('cut');
  }

  /** Whether anything gets from one to the other. */
  reaches(a: Place, b: Place): boolean {
    return !this.#isCut || a.side === b.side;
  }

  /** Sends over the link that is open at the sender's end; with none, nothing. */
  send(from: Place, to: Place, message: OverlayMessage): void {
    const sentMs = from.links.get(to.index);
    if (sentMs === undefined) return;
    if (this.#lossShare > 0 && this.#lossRandom.below(1_000_000) < this.#lossShare * 1_000_000) return;
    const atMs = this.#inOrder(from, to, sentMs);
    from.links.set(to.index, atMs);
    this.#agenda.add(atMs, { type: 'message', to, from, message });
  }

  /** Sends over the link that is open, or dials first. */
  connect(from: Place, to: Place, message: OverlayMessage): void {
    if (from.links.has(to.index)) return this.send(from, to, message);
    // One round trip for the link, then the message.
    return this.#agenda.add(this.#agenda.nowMs + 3 * this.#latencies.ofLink(from.index, to.index), { type: 'dial', to, from, message });
  }

  /** A dial got through. */
  open(from: Place, to: Place): void {
    for (const [a, b] of [[from, to], [to, from]] as const) if (!a.links.has(b.index)) a.links.set(b.index, this.#agenda.nowMs);
  }

  /** A dial did not. A dead process refuses at once; across a cut nobody answers. */
  fail(from: Place, to: Place): void {
    const afterMs = this.reaches(from, to) ? 0 : DIAL_TIMEOUT_MS;
    this.#agenda.add(this.#agenda.nowMs + afterMs, { type: 'input', to: from, input: { type: 'ConnectFailed', peer: to.contact.peer } });
  }

  /** Closes one end. */
  close(from: Place, to: Place): void {
    const sentMs = from.links.get(to.index);
    if (sentMs === undefined) return;
    from.links.delete(to.index);
    this.#agenda.add(this.#inOrder(from, to, sentMs), { type: 'lost', to, from });
  }

  /** Cuts the network: what goes from one side to another vanishes, and links across fall silent. */
  cut(places: readonly Place[], sideOf: (place: Place) => number): void {
    this.#isCut = true;
    for (const place of places) place.side = sideOf(place);
    for (const to of places) {
      for (const other of to.links.keys()) {
        const from = places[other] as Place;
        if (!this.reaches(to, from)) this.#agenda.add(this.#agenda.nowMs + this.#cutRandom.below(SILENCE_MS), { type: 'lost', to, from });
      }
    }
  }

  /** Makes the network whole again. */
  mend(): void {
    this.#isCut = false;
  }

  /** When what is sent now arrives: no sooner than what was sent before. */
  #inOrder(from: Place, to: Place, sentMs: number): number {
    return Math.max(sentMs, this.#agenda.nowMs + this.#latencies.ofMessage(from.index, to.index));
  }
}
