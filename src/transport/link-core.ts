/**
 * Links: which connections live. One link per pair of peers, redials, heartbeats, slow readers, and limits before authentication. Pure.
 * It knows connections by number and moves no bytes; keys are the channel's business. Source: DESIGN 8.
 *
 *   - Of two connections to one peer one wins: the newer, if both were dialled by the same side or the older is past 5 s (the peer
 *     restarted); otherwise the one dialled by the smaller id. The peer with the smaller id decides, and says goaway `duplicate` on
 *     the loser. The other one guesses by the same rule until it is told: two judges with two clocks would now and then drop both.
 *   - Whoever says goaway has sent everything before it, and goes on reading. When both have said it the connection is closed, so
 *     nothing is lost. After 2 s it is cut.
 *   - A link that is lost is no link that ended: whoever is wanted is dialled again, at once at first and then less and less.
 */
import { assertNever } from '../errors.ts';
import type { PeerId } from '../ids.ts';
import type { Random } from '../random.ts';
import { Connections } from './link-core/connections.ts';
import type { Connection } from './link-core/connections.ts';
import type { ConnectionId, LinkEffect, LinkInput, LinkLimits, Reading } from './link-core/events.ts';
import { Redials } from './link-core/redials.ts';
import type { Wanted } from './link-core/redials.ts';
import { DRAIN_POLL_MS, excuse, listenTo, lookIntervalMs, weigh } from './link-core/vitals.ts';
import type { Finding } from './link-core/vitals.ts';

/** At this age a connection is no product of simultaneous dials, and a link was a success (research 5.3). */
export const SETTLED_MS = 5_000;

/** Most addresses of a peer that are tried in one round (our choice: the 8 that worked, and as many that it tells). */
export const MAX_TURNS = 16;

/** Said on the losing one of two connections to one peer. */
export const DUPLICATE = 'duplicate';

/** The machine. It is given whatever happens to any connection. */
export class LinkCore {
  readonly #self: PeerId;
  readonly #limits: LinkLimits;
  readonly #connections: Connections;
  readonly #redials: Redials;
  readonly #links = new Map<PeerId, Connection>();
  #closing = false;
  #lastId = 0;
  #nowMs = 0;
  #effects: LinkEffect[] = [];
  /** When the links are looked at next. */
  #lookMs = Infinity;
  /** When the shell's timer fires. */
  #timerMs = Infinity;

  constructor(self: PeerId, limits: LinkLimits, random: Random) {
    this.#self = self;
    this.#limits = limits;
    this.#connections = new Connections(limits);
    this.#redials = new Redials(limits, random);
  }

  /** A fresh number for a connection that begins in the shell. */
  number(): ConnectionId {
    this.#lastId += 1;
    return this.#lastId;
  }

  isUp(peer: PeerId): boolean {
    return this.#links.has(peer);
  }

  /** Peers with a link, oldest first. */
  peers(): PeerId[] {
    return [...this.#links.keys()];
  }

  /** Whether this peer is wanted, or may be: at most `maxPals` are. */
  canWant(peer: PeerId): boolean {
    return !this.#redials.isFull || this.#redials.get(peer) !== undefined;
  }

  /** Advances the machine by one input. The shell must perform every returned effect, in order. `nowMs` is monotonic. */
  step(input: LinkInput, nowMs: number): readonly LinkEffect[] {
    this.#effects = [];
    this.#nowMs = nowMs;
    this.#dispatch(input);
    // As many may be on their way out as may be in.
    for (let oldest = this.#connections.surplus(); oldest !== undefined; oldest = this.#connections.surplus()) this.#cut(oldest, 'overloaded');
    this.#setTimer();
    return this.#effects;
  }

  #dispatch(input: LinkInput): void {
    switch (input.type) {
      case 'Wanted':
        return this.#onWanted(input.peer);
      case 'Unwanted':
        return this.#redials.delete(input.peer);
      case 'Nudged':
        return this.#onNudged(input.peer);
      case 'DialRequested':
        return this.#onDialRequested(input.connection);
      case 'AddressesExhausted':
        return this.#onAddressesExhausted(input.connection);
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

  // Dials.

  #onWanted(peer: PeerId): void {
    if (this.#closing || peer === this.#self || this.#redials.isFull || this.#redials.get(peer) !== undefined) return;
    const underWay = this.#connections.in('dialling').find((connection) => connection.peer === peer);
    this.#dial(this.#redials.add(peer, underWay));
  }

  #onNudged(peer: PeerId): void {
    const wanted = this.#redials.get(peer);
    if (wanted === undefined) return;
    wanted.attempt = 0;
    this.#dial(wanted);
  }

  #onDialRequested(id: ConnectionId): void {
    if (this.#closing) this.#effects.push({ type: 'Refuse', connection: id, reason: 'closing' });
    else if (!this.#hasRoomToDial()) this.#effects.push({ type: 'Refuse', connection: id, reason: 'full' });
    else this.#startDial(id, undefined, 0);
  }

  #onAddressesExhausted(id: ConnectionId): void {
    const connection = this.#connections.get(id);
    if (connection?.stage !== 'dialling') return;
    this.#connections.forget(connection);
    const wanted = this.#release(connection);
    if (wanted !== undefined) this.#redials.later(wanted, this.#nowMs);
  }

  #dial(wanted: Wanted): void {
    if (wanted.dial !== undefined || this.#links.has(wanted.peer)) return;
    if (!this.#hasRoomToDial()) return this.#redials.later(wanted, this.#nowMs);
    wanted.dueMs = undefined;
    wanted.dial = this.#startDial(this.number(), wanted.peer, wanted.turn);
  }

  #startDial(id: ConnectionId, peer: PeerId | undefined, turn: number): Connection {
    this.#effects.push({ type: 'Dial', connection: id, peer, turn });
    return this.#connections.add(id, 'dialling', peer, '', this.#nowMs);
  }

  #hasRoomToDial(): boolean {
    return this.#connections.count('dialling') + this.#connections.count('linked') < this.#limits.maxLinks;
  }

  /** The peer's next address, now. */
  #onDialFailed(connection: Connection): void {
    const wanted = this.#release(connection);
    if (wanted === undefined) return;
    wanted.turn += 1;
    if (wanted.turn < MAX_TURNS) this.#dial(wanted);
    else this.#redials.later(wanted, this.#nowMs);
  }

  /** Takes a dial off whoever waits for it. @returns who then still has no link */
  #release(connection: Connection): Wanted | undefined {
    const wanted = this.#redials.get(connection.peer);
    if (wanted?.dial !== connection) return undefined;
    wanted.dial = undefined;
    return this.#links.has(wanted.peer) ? undefined : wanted;
  }

  // From a connection to a link.

  #onAccepted(id: ConnectionId, prefix: string): void {
    const halfOpen = this.#connections.in('accepted');
    const ofPrefix = prefix === '' ? 0 : halfOpen.filter((other) => other.prefix === prefix).length;
    const room = halfOpen.length < this.#limits.maxHalfOpen && ofPrefix < this.#limits.maxHalfOpenPerPrefix;
    if (this.#closing) this.#effects.push({ type: 'Refuse', connection: id, reason: 'closing' });
    else if (!room) this.#effects.push({ type: 'Refuse', connection: id, reason: 'half-open' });
    else this.#connections.add(id, 'accepted', undefined, prefix, this.#nowMs);
  }

  #onAuthenticated(id: ConnectionId, peer: PeerId): void {
    const connection = this.#connections.get(id);
    if (connection?.stage !== 'accepted' && connection?.stage !== 'dialling') return;
    const current = this.#links.get(peer);
    const wanted = this.#release(connection);
    connection.peer = peer;
    if (peer === this.#self) {
      this.#turnAway(connection, 'self');
    } else if (current !== undefined) {
      this.#contest(peer, current, connection);
    } else if (this.#connections.count('linked') >= this.#limits.maxLinks) {
      this.#turnAway(connection, 'full');
      if (wanted !== undefined) this.#redials.later(wanted, this.#nowMs);
    } else {
      this.#linkUp(peer, connection);
    }
  }

  #turnAway(connection: Connection, reason: string): void {
    this.#effects.push({ type: 'Refuse', connection: connection.id, reason });
    this.#connections.move(connection, 'leaving', this.#nowMs);
  }

  #linkUp(peer: PeerId, connection: Connection): void {
    this.#carry(peer, connection);
    this.#effects.push({ type: 'Up', peer, connection: connection.id });
    const wanted = this.#redials.get(peer);
    if (wanted === undefined) return;
    wanted.dueMs = undefined;
    wanted.turn = 0;
  }

  #carry(peer: PeerId, connection: Connection): void {
    this.#connections.move(connection, 'linked', this.#nowMs);
    connection.heardMs = this.#nowMs;
    this.#links.set(peer, connection);
    this.#lookBy(lookIntervalMs(this.#limits));
  }

  #contest(peer: PeerId, current: Connection, challenger: Connection): void {
    if (!this.#beats(peer, challenger, current)) return this.#lose(peer, challenger);
    this.#switch(peer, current, challenger);
    this.#lose(peer, current);
  }

  #beats(peer: PeerId, challenger: Connection, current: Connection): boolean {
    if (current.heardGoaway || challenger.dialled === current.dialled) return true;
    if (this.#nowMs - current.sinceMs > SETTLED_MS) return true;
    return challenger.dialled === this.#decidesFor(peer);
  }

  /** Whether of two connections to this peer we say which one goes. */
  #decidesFor(peer: PeerId): boolean {
    return this.#self < peer;
  }

  #switch(peer: PeerId, from: Connection, to: Connection): void {
    this.#carry(peer, to);
    this.#effects.push({ type: 'Switch', peer, connection: to.id });
    if (from.congested) this.#effects.push({ type: 'Drained', peer });
  }

  #lose(peer: PeerId, connection: Connection): void {
    if (connection.heardGoaway) return this.#leave(connection, DUPLICATE);
    this.#connections.move(connection, 'losing', this.#nowMs);
    if (!this.#decidesFor(peer)) return;
    connection.saidGoaway = true;
    this.#effects.push({ type: 'Goaway', connection: connection.id, reason: DUPLICATE });
  }

  // The end of a link.

  #onGoawayReceived(id: ConnectionId, reason: string): void {
    const connection = this.#connections.get(id);
    if (connection?.stage === 'losing') {
      this.#leave(connection, DUPLICATE);
    } else if (connection?.stage === 'linked') {
      connection.heardGoaway = true;
      // The better one may not be ready here yet; until it is, we go on sending on this one, which is still read.
      if (reason === DUPLICATE && !this.#fallBack(connection)) return;
      if (reason !== DUPLICATE) this.#linkDown(connection, reason);
      this.#leave(connection, reason);
    }
  }

  #onClosed(id: ConnectionId, reason: string): void {
    const connection = this.#connections.get(id);
    if (connection !== undefined) this.#lost(connection, reason);
  }

  /** A connection that is no more, whatever it was. */
  #lost(connection: Connection, reason: string): void {
    const { stage } = connection;
    if (stage === 'linked' && !this.#fallBack(connection)) this.#linkDown(connection, reason);
    this.#connections.forget(connection);
    if (stage === 'dialling') this.#onDialFailed(connection);
  }

  /** Goes on over another connection to the same peer, if there is one that neither side has given up. */
  #fallBack(lost: Connection): boolean {
    const spare = this.#connections.in('losing').find((other) => other.peer === lost.peer && !other.saidGoaway);
    if (spare?.peer === undefined) return false;
    this.#switch(spare.peer, lost, spare);
    return true;
  }

  #linkDown(connection: Connection, reason: string): void {
    const { peer } = connection;
    if (peer === undefined) return;
    this.#links.delete(peer);
    this.#effects.push({ type: 'Down', peer, reason });
    const wanted = this.#redials.get(peer);
    if (wanted === undefined || wanted.dial !== undefined) return;
    // A peer that lets us in and drops us at once is no success: its backoff goes on.
    if (this.#nowMs - connection.sinceMs > SETTLED_MS) wanted.attempt = 0;
    this.#redials.later(wanted, this.#nowMs);
  }

  #leave(connection: Connection, reason: string): void {
    this.#effects.push({ type: 'Close', connection: connection.id, reason });
    this.#connections.move(connection, 'leaving', this.#nowMs);
  }

  #cut(connection: Connection, reason: string): void {
    this.#effects.push({ type: 'Terminate', connection: connection.id, reason });
    this.#lost(connection, reason);
  }

  #onDisconnectRequested(peer: PeerId, reason: string): void {
    const current = this.#links.get(peer);
    if (current === undefined) return;
    for (const connection of this.#connections.in('losing')) if (connection.peer === peer) this.#leave(connection, reason);
    this.#linkDown(current, reason);
    this.#leave(current, reason);
  }

  #onCloseRequested(): void {
    this.#closing = true;
    this.#redials.clear();
    for (const stage of ['dialling', 'accepted'] as const) {
      for (const connection of this.#connections.in(stage)) this.#cut(connection, 'closing');
    }
    for (const connection of this.#connections.in('losing')) this.#leave(connection, 'closing');
    for (const connection of this.#connections.in('linked')) {
      this.#linkDown(connection, 'closing');
      this.#leave(connection, 'closing');
    }
  }

  // Time.

  #onTimerFired(readings: readonly Reading[]): void {
    const late = this.#nowMs - this.#timerMs > this.#limits.heartbeatMs / 2;
    this.#timerMs = Infinity;
    this.#lookMs = Infinity;
    for (const reading of readings) this.#onReading(reading, late);
    for (const connection of this.#connections.expired(this.#nowMs)) this.#cut(connection, 'timeout');
    for (const wanted of this.#redials.due(this.#nowMs)) this.#dial(wanted);
    if (this.#connections.count('linked') > 0) this.#lookBy(lookIntervalMs(this.#limits));
  }

  #onReading(reading: Reading, late: boolean): void {
    const connection = this.#connections.get(reading.connection);
    if (connection?.stage !== 'linked') return;
    if (late) excuse(connection, this.#nowMs);
    const finding = listenTo(connection, reading, this.#limits, this.#nowMs);
    if (finding !== undefined) this.#act(connection, finding);
    this.#onBuffered(reading.connection, reading.bufferedBytes);
  }

  #onBuffered(id: ConnectionId, bufferedBytes: number): void {
    const connection = this.#connections.get(id);
    if (connection?.stage !== 'linked') return;
    const finding = weigh(connection, bufferedBytes, this.#limits, this.#nowMs);
    if (finding !== undefined) this.#act(connection, finding);
    else if (connection.congested) this.#lookBy(DRAIN_POLL_MS);
  }

  #act(connection: Connection, finding: Finding): void {
    if (finding === 'ping') this.#effects.push({ type: 'Ping', connection: connection.id });
    else if (finding !== 'drained') this.#cut(connection, finding);
    else if (connection.peer !== undefined) this.#effects.push({ type: 'Drained', peer: connection.peer });
  }

  #lookBy(delayMs: number): void {
    this.#lookMs = Math.min(this.#lookMs, this.#nowMs + delayMs);
  }

  /** One timer for everything. One that fires too early does no harm; the core then sets it again. */
  #setTimer(): void {
    const wakeMs = Math.min(this.#lookMs, this.#connections.earliestMs, this.#redials.earliestMs);
    if (wakeMs >= this.#timerMs) return;
    this.#timerMs = wakeMs;
    this.#effects.push({ type: 'SetTimer', delayMs: Math.max(0, wakeMs - this.#nowMs) });
  }
}
