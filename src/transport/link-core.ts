/**
 * Links: which connections live. One link per pair of peers, redials, heartbeats, slow readers, and limits before authentication. Pure.
 * It knows connections by number and moves no bytes; keys are the channel's business. Source: DESIGN 8.
 *
 *   - Of two connections to one peer one wins: the newer, if both were dialled by the same side or the older is past 5 s (the peer
 *     restarted); otherwise the one dialled by the smaller id. The peer with the smaller id decides, and says goaway `duplicate` on
 *     the loser. The other one guesses by the same rule until it is told: two judges with two clocks would now and then drop both.
 *   - Whoever says goaway has sent everything before it, and goes on reading. When both have said it the connection is closed, so
 *     nothing is lost. After 2 s it is cut.
 *   - A link that is lost is no link that ended: whoever is wanted is dialled again, at once at first and then less and less, until a
 *     link holds for 5 s. One that broke earlier, with no goodbye, is dialled at the latest when it would be had it held so long.
 */
import { assertNever } from '../errors.ts';
import type { PeerId } from '../ids.ts';
import type { Random } from '../random.ts';
import type { Connection } from './link-core/connections.ts';
import { LinkContext } from './link-core/context.ts';
import { Dials } from './link-core/dials.ts';
import { LOST } from './link-core/events.ts';
import type { ConnectionId, LinkEffect, LinkInput, LinkLimits, Reading } from './link-core/events.ts';
import { DUPLICATE, Rivals } from './link-core/rivals.ts';
import { DRAIN_POLL_MS, excuse, listenTo, lookIntervalMs, weigh } from './link-core/vitals.ts';
import type { Finding } from './link-core/vitals.ts';

/** The machine. It is given whatever happens to any connection. */
export class LinkCore {
  readonly #context: LinkContext;
  readonly #dials: Dials;
  readonly #rivals: Rivals;
  /** When the shell's timer fires. */
  #timerMs = Infinity;

  constructor(self: PeerId, limits: LinkLimits, random: Random) {
    this.#context = new LinkContext(self, limits);
    this.#dials = new Dials(this.#context, random);
    this.#rivals = new Rivals(this.#context);
  }

  /** A fresh number for a connection that begins in the shell. */
  number(): ConnectionId {
    return this.#dials.number();
  }

  isUp(peer: PeerId): boolean {
    return this.#context.links.has(peer);
  }

  /** Peers with a link, oldest first. */
  peers(): PeerId[] {
    return [...this.#context.links.keys()];
  }

  /** Whether this peer is wanted, or may be: at most `maxPals` are. */
  canWant(peer: PeerId): boolean {
    return this.#dials.canWant(peer);
  }

  /** Advances the machine by one input. The shell must perform every returned effect, in order. `nowMs` is monotonic. */
  step(input: LinkInput, nowMs: number): readonly LinkEffect[] {
    const context = this.#context;
    context.effects = [];
    context.nowMs = nowMs;
    this.#dispatch(input);
    // As many may be on their way out as may be in.
    for (let oldest = context.connections.surplus(); oldest !== undefined; oldest = context.connections.surplus()) this.#cut(oldest, 'overloaded');
    this.#setTimer();
    return context.effects;
  }

  #dispatch(input: LinkInput): void {
    switch (input.type) {
      case 'Wanted':
        return this.#dials.want(input.peer);
      case 'Unwanted':
        return this.#dials.unwant(input.peer);
      case 'Nudged':
        return this.#dials.nudge(input.peer);
      case 'DialRequested':
        return this.#dials.request(input.connection);
      case 'AddressesExhausted':
        return this.#dials.exhausted(input.connection);
      case 'Accepted':
        return this.#onAccepted(input.connection, input.prefix);
      case 'Authenticated':
        return this.#onAuthenticated(input.connection, input.peer);
      case 'GoawayReceived':
        return this.#onGoawayReceived(input.connection, input.reason);
      case 'Closed':
        return this.#onClosed(input.connection, input.reason);
      case 'Buffered':
        return this.#onBuffered(input.connection, input.bufferedBytes);
      case 'DisconnectRequested':
        return this.#onDisconnectRequested(input.peer, input.reason);
      case 'CloseRequested':
        return this.#onCloseRequested();
      case 'TimerFired':
        return this.#onTimerFired(input.readings);
      default:
        assertNever(input);
    }
  }

  // From a connection to a link.

  #onAccepted(id: ConnectionId, prefix: string): void {
    const { connections, limits, closing, nowMs } = this.#context;
    const halfOpen = connections.in('accepted');
    const ofPrefix = prefix === '' ? 0 : halfOpen.filter((other) => other.prefix === prefix).length;
    const room = halfOpen.length < limits.maxHalfOpen && ofPrefix < limits.maxHalfOpenPerPrefix;
    if (closing) this.#context.emit({ type: 'Refuse', connection: id, reason: 'closing' });
    else if (!room) this.#context.emit({ type: 'Refuse', connection: id, reason: 'half-open' });
    else connections.add(id, 'accepted', undefined, prefix, nowMs);
  }

  #onAuthenticated(id: ConnectionId, peer: PeerId): void {
    const { connections, links, limits, self } = this.#context;
    const connection = connections.get(id);
    if (connection?.stage !== 'accepted' && connection?.stage !== 'dialling') return;
    const current = links.get(peer);
    const wanted = this.#dials.release(connection);
    connection.peer = peer;
    if (peer === self) {
      this.#turnAway(connection, 'self');
    } else if (current !== undefined) {
      this.#rivals.contest(peer, current, connection);
    } else if (connections.count('linked') >= limits.maxLinks) {
      this.#turnAway(connection, 'full');
      if (wanted !== undefined) this.#dials.later(wanted);
    } else {
      this.#context.carry(peer, connection);
      this.#context.emit({ type: 'Up', peer, connection: connection.id });
      this.#dials.linked(peer);
    }
  }

  #turnAway(connection: Connection, reason: string): void {
    this.#context.emit({ type: 'Refuse', connection: connection.id, reason });
    this.#context.connections.move(connection, 'leaving', this.#context.nowMs);
  }

  // The end of a link.

  #onGoawayReceived(id: ConnectionId, reason: string): void {
    const connection = this.#context.connections.get(id);
    if (connection?.stage === 'losing') {
      this.#context.leave(connection, DUPLICATE);
    } else if (connection?.stage === 'linked') {
      connection.heardGoaway = true;
      // The better one may not be ready here yet; until it is, we go on sending on this one, which is still read.
      if (reason === DUPLICATE && !this.#rivals.fallBack(connection)) return;
      if (reason !== DUPLICATE) this.#linkDown(connection, reason);
      this.#context.leave(connection, reason);
    }
  }

  #onClosed(id: ConnectionId, reason: string): void {
    const connection = this.#context.connections.get(id);
    if (connection !== undefined) this.#lost(connection, reason);
  }

  /** A connection that is no more, whatever it was. */
  #lost(connection: Connection, reason: string): void {
    const { stage } = connection;
    if (stage === 'linked' && !this.#rivals.fallBack(connection)) this.#linkDown(connection, reason);
    this.#context.connections.forget(connection);
    if (stage === 'dialling') this.#dials.failed(connection);
  }

  #linkDown({ peer, sinceMs, heardGoaway }: Connection, reason: string): void {
    if (peer === undefined) return;
    this.#context.links.delete(peer);
    this.#context.emit({ type: 'Down', peer, reason });
    this.#dials.lost(peer, sinceMs, reason === LOST && !heardGoaway);
  }

  #cut(connection: Connection, reason: string): void {
    this.#context.emit({ type: 'Terminate', connection: connection.id, reason });
    this.#lost(connection, reason);
  }

  #onDisconnectRequested(peer: PeerId, reason: string): void {
    const { links, connections } = this.#context;
    const current = links.get(peer);
    if (current === undefined) return;
    for (const connection of connections.in('losing')) if (connection.peer === peer) this.#context.leave(connection, reason);
    this.#linkDown(current, reason);
    this.#context.leave(current, reason);
  }

  #onCloseRequested(): void {
    const { connections } = this.#context;
    this.#context.closing = true;
    this.#dials.clear();
    for (const stage of ['dialling', 'accepted'] as const) {
      for (const connection of connections.in(stage)) this.#cut(connection, 'closing');
    }
    for (const connection of connections.in('losing')) this.#context.leave(connection, 'closing');
    for (const connection of connections.in('linked')) {
      this.#linkDown(connection, 'closing');
      this.#context.leave(connection, 'closing');
    }
  }

  // Time.

  #onTimerFired(readings: readonly Reading[]): void {
    const { connections, limits, nowMs } = this.#context;
    const late = nowMs - this.#timerMs > limits.heartbeatMs / 2;
    this.#timerMs = Infinity;
    this.#context.lookMs = Infinity;
    for (const reading of readings) this.#onReading(reading, late);
    for (const connection of connections.expired(nowMs)) this.#cut(connection, 'timeout');
    this.#dials.due();
    if (connections.count('linked') > 0) this.#context.lookBy(lookIntervalMs(limits));
  }

  #onReading(reading: Reading, late: boolean): void {
    const { connections, limits, nowMs } = this.#context;
    const connection = connections.get(reading.connection);
    if (connection?.stage !== 'linked') return;
    if (late) excuse(connection, nowMs);
    const finding = listenTo(connection, reading, limits, nowMs);
    if (finding !== undefined) this.#act(connection, finding);
    this.#onBuffered(reading.connection, reading.bufferedBytes);
  }

  #onBuffered(id: ConnectionId, bufferedBytes: number): void {
    const { connections, limits, nowMs } = this.#context;
    const connection = connections.get(id);
    if (connection?.stage !== 'linked') return;
    const finding = weigh(connection, bufferedBytes, limits, nowMs);
    if (finding !== undefined) this.#act(connection, finding);
    else if (connection.congested) this.#context.lookBy(DRAIN_POLL_MS);
  }

  #act(connection: Connection, finding: Finding): void {
    if (finding === 'ping') this.#context.emit({ type: 'Ping', connection: connection.id });
    else if (finding !== 'drained') this.#cut(connection, finding);
    else if (connection.peer !== undefined) this.#context.emit({ type: 'Drained', peer: connection.peer });
  }

  /** One timer for everything. One that fires too early does no harm; the core then sets it again. */
  #setTimer(): void {
    const { lookMs, connections, nowMs } = this.#context;
    const wakeMs = Math.min(lookMs, connections.earliestMs, this.#dials.earliestMs);
    if (wakeMs >= this.#timerMs) return;
    this.#timerMs = wakeMs;
    this.#context.emit({ type: 'SetTimer', delayMs: Math.max(0, wakeMs - nowMs) });
  }
}
