/**
 * Links: which connections live. One link per pair of peers, redials, heartbeats, slow readers, and limits before authentication. Pure.
 * It knows connections by number and moves no bytes; keys are the channel's business. Time is monotonic.
 *
 * Rules (DESIGN 8, research 5.3):
 *   - Of two connections to one peer one wins: the newer, if it was dialled by the same side as the older or the older is past
 *     5 s (the peer restarted); otherwise the one dialled by the smaller id. The peer with the smaller id decides and says
 *     `goaway duplicate` on the loser; the other follows, and if it guessed otherwise, changes its mind. Two judges with two clocks
 *     would now and then drop both.
 *   - Whoever says goaway has sent everything before it and goes on reading. When both have said it the connection is closed; so
 *     nothing is lost. After 2 s it is cut.
 */
import { assertNever } from '../errors.ts';
import type { PeerId } from '../ids.ts';
import type { Random } from '../random.ts';
import type { ConnectionId, LinkEffect, LinkInput, LinkLimits, Reading } from './link-core/events.ts';

export type { ConnectionId, LinkEffect, LinkInput, LinkLimits, Reading } from './link-core/events.ts';

/** How long a connection that lost, or that is being closed, is still read (design). */
export const DRAIN_MS = 2_000;
/** A link of this age is no product of simultaneous dials, and worth a fresh backoff when it is lost (design). */
export const SETTLED_MS = 5_000;
/** How often a full link is looked at: 1 MiB in this time is 50 MiB/s (our choice). */
export const DRAIN_POLL_MS = 20;
/** Times `maxStalledBytes`: there a link closes without waiting for `stalledMs` (our choice: 16 MiB by default). */
export const HARD_STALL_FACTOR = 4;
/** Most addresses of a peer that are tried in one round (design: the last 8 that worked; as many that were told). */
export const MAX_TURNS = 16;

/** Said on the losing one of two connections to one peer. */
export const DUPLICATE = 'duplicate';

/**
 * dialling: ours, until it is authenticated. accepted: theirs, until it is. linked: the one that carries messages.
 * losing: its peer has a better one; still read. leaving: on its way out; of no more use.
 */
type Stage = 'dialling' | 'accepted' | 'linked' | 'losing' | 'leaving';

interface Connection {
  readonly id: ConnectionId;
  readonly dialled: boolean;
  /** Whom we dial, until we know who answered. */
  peer: PeerId | undefined;
  readonly prefix: string;
  stage: Stage;
  /** When it came into its stage. */
  sinceMs: number;
  /** As of the last reading. */
  frames: number;
  heardMs: number;
  /** An unanswered ping was sent then. */
  pingMs: number | undefined;
  /** It has held too much since then. */
  stalledMs: number | undefined;
  congested: boolean;
  saidGoaway: boolean;
  heardGoaway: boolean;
}

interface Wanted {
  /** Rounds of dials that led nowhere. */
  attempt: number;
  /** Which address of this round is next. */
  turn: number;
  /** When the next round begins; `undefined` while there is a link or a dial. */
  dueMs: number | undefined;
  dial: Connection | undefined;
}

/** The machine. `step` is given whatever happens to any connection, with a monotonic time in ms that never runs backwards. */
export class LinkCore {
  readonly #self: PeerId;
  readonly #limits: LinkLimits;
  readonly #random: Random;
  readonly #connections = new Map<ConnectionId, Connection>();
  /** By stage, oldest first: with one duration per stage, the first is the first to expire. */
  readonly #stages: Readonly<Record<Stage, Set<Connection>>> = {
    dialling: new Set(),
    accepted: new Set(),
    linked: new Set(),
    losing: new Set(),
    leaving: new Set(),
  };
  readonly #links = new Map<PeerId, Connection>();
  readonly #wanted = new Map<PeerId, Wanted>();
  #closing = false;
  #lastId = 0;
  #nowMs = 0;
  #effects: LinkEffect[] = [];
  /** When the timer of the shell fires. */
  #timerMs: number | undefined;
  /** When it should. */
  #wakeMs: number | undefined;

  constructor(self: PeerId, limits: LinkLimits, random: Random) {
    this.#self = self;
    this.#limits = limits;
    this.#random = random;
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

  /** Whether one more peer can be wanted: at most `maxPals` are. */
  get canWant(): boolean {
    return this.#wanted.size < this.#limits.maxPals;
  }

  /** Advances the machine by one input. The shell must perform every returned effect, in order. */
  step(input: LinkInput, nowMs: number): readonly LinkEffect[] {
    this.#effects = [];
    this.#nowMs = nowMs;
    switch (input.type) {
      case 'Wanted':
        this.#onWanted(input.peer);
        break;
      case 'Unwanted':
        this.#wanted.delete(input.peer);
        break;
      case 'Nudged':
        this.#onNudged(input.peer);
        break;
      case 'DialRequested':
        this.#onDialRequested(input.connection);
        break;
      case 'AddressesExhausted':
        this.#onAddressesExhausted(input.connection);
        break;
      case 'Accepted':
        this.#onAccepted(input.connection, input.prefix);
        break;
      case 'Authenticated':
        this.#onAuthenticated(input.connection, input.peer);
        break;
      case 'GoawayReceived':
        this.#onGoawayReceived(input.connection, input.reason);
        break;
      case 'Closed':
        this.#onClosed(input.connection, input.reason);
        break;
      case 'Buffered':
        this.#onBuffered(input.connection, input.bufferedBytes);
        break;
      case 'DisconnectRequested':
        this.#onDisconnectRequested(input.peer, input.reason);
        break;
      case 'CloseRequested':
        this.#onCloseRequested();
        break;
      case 'TimerFired':
        this.#onTimerFired(input.readings);
        break;
      default:
        assertNever(input);
    }
    this.#setTimer();
    return this.#effects;
  }

  // Dials.

  #onWanted(peer: PeerId): void {
    if (this.#closing || peer === this.#self || this.#wanted.has(peer) || !this.canWant) return;
    const dial = [...this.#stages.dialling].find((connection) => connection.peer === peer);
    const wanted: Wanted = { attempt: 0, turn: 0, dueMs: undefined, dial };
    this.#wanted.set(peer, wanted);
    this.#dial(peer, wanted);
  }

  #onNudged(peer: PeerId): void {
    const wanted = this.#wanted.get(peer);
    if (wanted === undefined) return;
    wanted.attempt = 0;
    this.#dial(peer, wanted);
  }

  #onDialRequested(id: ConnectionId): void {
    if (this.#closing) this.#effects.push({ type: 'Refuse', connection: id, reason: 'closing' });
    else if (!this.#hasRoomToDial()) this.#effects.push({ type: 'Refuse', connection: id, reason: 'full' });
    else this.#startDial(id, undefined, 0);
  }

  #onAddressesExhausted(id: ConnectionId): void {
    const connection = this.#connections.get(id);
    if (connection?.stage !== 'dialling') return;
    this.#forget(connection);
    const wanted = this.#releaseDial(connection);
    if (wanted !== undefined) this.#dialLater(wanted);
  }

  #dial(peer: PeerId, wanted: Wanted): void {
    if (wanted.dial !== undefined || this.#links.has(peer)) return;
    if (!this.#hasRoomToDial()) return this.#dialLater(wanted);
    wanted.dueMs = undefined;
    wanted.dial = this.#startDial(this.number(), peer, wanted.turn);
  }

  #startDial(id: ConnectionId, peer: PeerId | undefined, turn: number): Connection {
    this.#effects.push({ type: 'Dial', connection: id, peer, turn });
    return this.#add(id, 'dialling', peer, '');
  }

  #hasRoomToDial(): boolean {
    return this.#stages.dialling.size + this.#stages.linked.size < this.#limits.maxLinks;
  }

  /** A dial led nowhere: the peer's next address, now. */
  #onDialFailed(connection: Connection): void {
    const wanted = this.#releaseDial(connection);
    if (wanted === undefined || connection.peer === undefined) return;
    wanted.turn += 1;
    if (wanted.turn < MAX_TURNS) this.#dial(connection.peer, wanted);
    else this.#dialLater(wanted);
  }

  /** @returns who wanted this dial, unless that is settled */
  #releaseDial(connection: Connection): Wanted | undefined {
    const wanted = connection.peer === undefined ? undefined : this.#wanted.get(connection.peer);
    if (wanted?.dial !== connection) return undefined;
    wanted.dial = undefined;
    return connection.peer !== undefined && this.#links.has(connection.peer) ? undefined : wanted;
  }

  /** Exponential, capped, with dice: +-20 % around 5/6 of the cap, so that the cap holds. */
  #dialLater(wanted: Wanted): void {
    const capMs = Math.min(this.#limits.redialMaxMs, this.#limits.redialFirstMs * 2 ** wanted.attempt);
    const leastMs = Math.floor((capMs * 2) / 3);
    wanted.dueMs = this.#nowMs + leastMs + this.#random.below(Math.min(capMs - leastMs, 2 ** 31) + 1);
    wanted.attempt += 1;
    wanted.turn = 0;
    this.#wakeAt(wanted.dueMs);
  }

  // From a connection to a link.

  #onAccepted(id: ConnectionId, prefix: string): void {
    const halfOpen = this.#stages.accepted;
    const samePrefix = prefix === '' ? 0 : [...halfOpen].filter((other) => other.prefix === prefix).length;
    const room = halfOpen.size < this.#limits.maxHalfOpen && samePrefix < this.#limits.maxHalfOpenPerPrefix;
    if (room && !this.#closing) this.#add(id, 'accepted', undefined, prefix);
    else this.#effects.push({ type: 'Refuse', connection: id, reason: this.#closing ? 'closing' : 'half-open' });
  }

  #onAuthenticated(id: ConnectionId, peer: PeerId): void {
    const connection = this.#connections.get(id);
    if (connection?.stage !== 'accepted' && connection?.stage !== 'dialling') return;
    const current = this.#links.get(peer);
    if (peer === this.#self) {
      this.#turnAway(connection, 'self');
    } else if (current === undefined && this.#stages.linked.size >= this.#limits.maxLinks) {
      this.#turnAway(connection, 'full');
    } else {
      this.#releaseDial(connection);
      connection.peer = peer;
      if (current === undefined) this.#linkUp(peer, connection);
      else this.#contest(peer, current, connection);
    }
  }

  #turnAway(connection: Connection, reason: string): void {
    this.#effects.push({ type: 'Refuse', connection: connection.id, reason });
    const wanted = this.#releaseDial(connection);
    this.#move(connection, 'leaving');
    if (wanted !== undefined) this.#dialLater(wanted);
  }

  #linkUp(peer: PeerId, connection: Connection): void {
    this.#carry(peer, connection);
    this.#effects.push({ type: 'Up', peer, connection: connection.id });
    const wanted = this.#wanted.get(peer);
    if (wanted === undefined) return;
    wanted.dueMs = undefined;
    wanted.turn = 0;
  }

  #carry(peer: PeerId, connection: Connection): void {
    this.#move(connection, 'linked');
    this.#links.set(peer, connection);
    connection.heardMs = this.#nowMs;
    this.#wakeAt(this.#nowMs + this.#tickMs());
  }

  #contest(peer: PeerId, current: Connection, challenger: Connection): void {
    if (!this.#beats(challenger, current)) return this.#lose(challenger);
    this.#switch(peer, current, challenger);
    this.#lose(current);
  }

  #beats(challenger: Connection, current: Connection): boolean {
    if (current.heardGoaway || challenger.dialled === current.dialled) return true;
    if (this.#nowMs - current.sinceMs >= SETTLED_MS) return true;
    return challenger.dialled === this.#decides(challenger);
  }

  /** Whether it is us who tells the peer which of two connections goes. */
  #decides({ peer }: Connection): boolean {
    return peer !== undefined && this.#self < peer;
  }

  #switch(peer: PeerId, from: Connection, to: Connection): void {
    this.#carry(peer, to);
    this.#effects.push({ type: 'Switch', peer, connection: to.id });
    if (from.congested) this.#effects.push({ type: 'Drained', peer });
  }

  #lose(connection: Connection): void {
    if (connection.heardGoaway) return this.#leave(connection, DUPLICATE);
    this.#move(connection, 'losing');
    if (!this.#decides(connection)) return;
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
      // Of two connections the decider keeps another one than we guessed; or its other one is not yet ready here.
      if (reason === DUPLICATE && !this.#fallBack(connection)) return;
      if (reason !== DUPLICATE) this.#linkDown(connection, reason);
      this.#leave(connection, reason);
    }
  }

  #onClosed(id: ConnectionId, reason: string): void {
    const connection = this.#connections.get(id);
    if (connection === undefined) return;
    this.#lost(connection, reason);
  }

  /** A connection that is no more, whatever it was. */
  #lost(connection: Connection, reason: string): void {
    const { stage } = connection;
    if (stage === 'linked' && !this.#fallBack(connection)) this.#linkDown(connection, reason);
    this.#forget(connection);
    if (stage === 'dialling') this.#onDialFailed(connection);
  }

  /** Carries on over another connection to the same peer, if there is one that neither side has given up. */
  #fallBack(lost: Connection): boolean {
    const spare = [...this.#stages.losing].find((other) => other.peer === lost.peer && !other.saidGoaway);
    if (spare?.peer === undefined) return false;
    this.#switch(spare.peer, lost, spare);
    return true;
  }

  #linkDown(connection: Connection, reason: string): void {
    const { peer } = connection;
    if (peer === undefined) return;
    this.#links.delete(peer);
    this.#effects.push({ type: 'Down', peer, reason });
    const wanted = this.#wanted.get(peer);
    if (wanted === undefined || wanted.dial !== undefined) return;
    // A peer that lets us in and drops us at once is no success: its backoff goes on.
    if (this.#nowMs - connection.sinceMs >= SETTLED_MS) wanted.attempt = 0;
    this.#dialLater(wanted);
  }

  #leave(connection: Connection, reason: string): void {
    this.#effects.push({ type: 'Close', connection: connection.id, reason });
    this.#move(connection, 'leaving');
  }

  #cut(connection: Connection, reason: string): void {
    this.#effects.push({ type: 'Terminate', connection: connection.id, reason });
    this.#lost(connection, reason);
  }

  #onDisconnectRequested(peer: PeerId, reason: string): void {
    const current = this.#links.get(peer);
    if (current === undefined) return;
    for (const connection of [...this.#stages.losing]) if (connection.peer === peer) this.#leave(connection, reason);
    this.#linkDown(current, reason);
    this.#leave(current, reason);
  }

  #onCloseRequested(): void {
    this.#closing = true;
    this.#wanted.clear();
    const { dialling, accepted, losing, linked } = this.#stages;
    for (const connection of [...dialling, ...accepted]) this.#cut(connection, 'closing');
    for (const connection of [...losing]) this.#leave(connection, 'closing');
    for (const connection of [...linked]) {
      this.#linkDown(connection, 'closing');
      this.#leave(connection, 'closing');
    }
  }

  // Time.

  #onTimerFired(readings: readonly Reading[]): void {
    // A late turn of our own loop is not the peers' silence: what they said may still lie in the sockets. (js-libp2p #3504)
    const late = this.#timerMs !== undefined && this.#nowMs - this.#timerMs > this.#limits.heartbeatMs / 2;
    this.#timerMs = undefined;
    for (const reading of readings) this.#onReading(reading, late);
    for (const stage of ['dialling', 'accepted', 'losing', 'leaving'] as const) this.#expire(stage);
    for (const [peer, wanted] of [...this.#wanted]) {
      if (wanted.dueMs !== undefined && wanted.dueMs <= this.#nowMs) this.#dial(peer, wanted);
    }
    this.#wakeForAll();
  }

  #onReading({ connection: id, frames, bufferedBytes }: Reading, late: boolean): void {
    const connection = this.#connections.get(id);
    if (connection?.stage !== 'linked') return;
    if (frames !== connection.frames) {
      connection.frames = frames;
      connection.heardMs = this.#nowMs;
      connection.pingMs = undefined;
    } else if (late) {
      connection.heardMs = this.#nowMs;
      if (connection.pingMs !== undefined) connection.pingMs = this.#nowMs;
    }
    if (late) connection.stalledMs = undefined;
    this.#weigh(connection, bufferedBytes);
    if (connection.stage === 'linked') this.#listenTo(connection);
  }

  #listenTo(connection: Connection): void {
    const { heartbeatMs } = this.#limits;
    if (connection.pingMs !== undefined) {
      if (this.#nowMs - connection.pingMs >= heartbeatMs) this.#cut(connection, 'silent');
    } else if (this.#nowMs - connection.heardMs >= heartbeatMs) {
      connection.pingMs = this.#nowMs;
      this.#effects.push({ type: 'Ping', connection: connection.id });
    }
  }

  #onBuffered(id: ConnectionId, bufferedBytes: number): void {
    const connection = this.#connections.get(id);
    if (connection?.stage === 'linked') this.#weigh(connection, bufferedBytes);
  }

  #weigh(connection: Connection, bufferedBytes: number): void {
    const { maxBufferedBytes, maxStalledBytes, stalledMs } = this.#limits;
    if (bufferedBytes <= maxStalledBytes) connection.stalledMs = undefined;
    else connection.stalledMs ??= this.#nowMs;
    const tooLong = connection.stalledMs !== undefined && this.#nowMs - connection.stalledMs >= stalledMs;
    if (tooLong || bufferedBytes > maxStalledBytes * HARD_STALL_FACTOR) return this.#cut(connection, 'stalled');
    if (bufferedBytes > maxBufferedBytes) {
      connection.congested = true;
      this.#wakeAt(this.#nowMs + DRAIN_POLL_MS);
    } else if (connection.congested && bufferedBytes < maxBufferedBytes / 2 && connection.peer !== undefined) {
      connection.congested = false;
      this.#effects.push({ type: 'Drained', peer: connection.peer });
    }
  }

  #expire(stage: Exclude<Stage, 'linked'>): void {
    for (const connection of [...this.#stages[stage]]) {
      if (this.#expiresMs(connection) > this.#nowMs) return;
      if (stage === 'accepted') this.#effects.push({ type: 'Refuse', connection: connection.id, reason: 'timeout' });
      else this.#effects.push({ type: 'Terminate', connection: connection.id, reason: 'timeout' });
      this.#lost(connection, 'timeout');
    }
  }

  #expiresMs({ stage, sinceMs }: Connection): number {
    return sinceMs + (stage === 'losing' || stage === 'leaving' ? DRAIN_MS : this.#limits.handshakeTimeoutMs);
  }

  /** Between two looks at the links, so that a quarter of silence more or less decides nothing, and a blocked loop shows. */
  #tickMs(): number {
    return Math.max(1, Math.min(this.#limits.heartbeatMs, this.#limits.stalledMs) / 4);
  }

  #wakeForAll(): void {
    for (const stage of ['dialling', 'accepted', 'losing', 'leaving'] as const) {
      for (const first of this.#stages[stage]) {
        this.#wakeAt(this.#expiresMs(first));
        break;
      }
    }
    if (this.#stages.linked.size > 0) this.#wakeAt(this.#nowMs + this.#tickMs());
    for (const { congested } of this.#stages.linked) if (congested) this.#wakeAt(this.#nowMs + DRAIN_POLL_MS);
    for (const { dueMs } of this.#wanted.values()) if (dueMs !== undefined) this.#wakeAt(dueMs);
  }

  #wakeAt(atMs: number): void {
    if (this.#wakeMs === undefined || atMs < this.#wakeMs) this.#wakeMs = atMs;
  }

  #setTimer(): void {
    const wakeMs = this.#wakeMs;
    this.#wakeMs = undefined;
    if (wakeMs === undefined || (this.#timerMs !== undefined && this.#timerMs <= wakeMs)) return;
    this.#timerMs = wakeMs;
    this.#effects.push({ type: 'SetTimer', delayMs: Math.max(0, wakeMs - this.#nowMs) });
  }

  // The books.

  #add(id: ConnectionId, stage: Stage, peer: PeerId | undefined, prefix: string): Connection {
    const connection: Connection = {
      id,
      dialled: stage === 'dialling',
      peer,
      prefix,
      stage,
      sinceMs: this.#nowMs,
      frames: 0,
      heardMs: this.#nowMs,
      pingMs: undefined,
      stalledMs: undefined,
      congested: false,
      saidGoaway: false,
      heardGoaway: false,
    };
    this.#connections.set(id, connection);
    this.#move(connection, stage);
    return connection;
  }

  #move(connection: Connection, stage: Stage): void {
    this.#stages[connection.stage].delete(connection);
    connection.stage = stage;
    connection.sinceMs = this.#nowMs;
    const peers = this.#stages[stage].add(connection);
    if (stage === 'linked') return;
    this.#wakeAt(this.#expiresMs(connection));
    // As many may be on their way out as may be in; past that the oldest is cut.
    if ((stage !== 'losing' && stage !== 'leaving') || peers.size <= this.#limits.maxLinks) return;
    for (const oldest of peers) return this.#cut(oldest, 'overloaded');
  }

  #forget(connection: Connection): void {
    this.#connections.delete(connection.id);
    this.#stages[connection.stage].delete(connection);
  }
}
