/** Our dials: whom we want a link to, and which address is next. Pure. */
import type { PeerId } from '../../ids.ts';
import type { Random } from '../../random.ts';
import type { Connection } from './connections.ts';
import type { LinkContext } from './context.ts';
import type { ConnectionId } from './events.ts';
import { Redials } from './redials.ts';
import type { Wanted } from './redials.ts';
import { SETTLED_MS } from './rivals.ts';

/** Most addresses of a peer that are tried in one round (our choice: the 8 that worked, and as many that it tells). */
export const MAX_TURNS = 16;

export class Dials {
  readonly #context: LinkContext;
  readonly #redials: Redials;
  #lastId = 0;

  constructor(context: LinkContext, random: Random) {
    this.#context = context;
    this.#redials = new Redials(context.limits, random);
  }

  /** No round begins before. It may be too early. */
  get earliestMs(): number {
    return this.#redials.earliestMs;
  }

  /** A fresh number for a connection. */
  number(): ConnectionId {
    this.#lastId += 1;
    return this.#lastId;
  }

  /** Whether this peer is wanted, or may be: at most `maxPals` are. */
  canWant(peer: PeerId): boolean {
    return !this.#redials.isFull || this.#redials.get(peer) !== undefined;
  }

  want(peer: PeerId): void {
    const { closing, self, connections } = this.#context;
    if (closing || peer === self || this.#redials.isFull || this.#redials.get(peer) !== undefined) return;
    const underWay = connections.in('dialling').find((connection) => connection.peer === peer);
    this.#dial(this.#redials.add(peer, underWay));
  }

  unwant(peer: PeerId): void {
    this.#redials.delete(peer);
  }

  nudge(peer: PeerId): void {
    const wanted = this.#redials.get(peer);
    if (wanted === undefined) return;
    wanted.attempt = 0;
    this.#dial(wanted);
  }

  /** One dial that somebody asked for. */
  request(id: ConnectionId): void {
    if (this.#context.closing) this.#context.emit({ type: 'Refuse', connection: id, reason: 'closing' });
    else if (!this.#hasRoom()) this.#context.emit({ type: 'Refuse', connection: id, reason: 'full' });
    else this.#start(id, undefined, 0);
  }

  /** The peer has no address for this turn: the round is over. */
  exhausted(id: ConnectionId): void {
    const connection = this.#context.connections.get(id);
    if (connection?.stage !== 'dialling') return;
    this.#context.connections.forget(connection);
    const wanted = this.release(connection);
    if (wanted !== undefined) this.later(wanted);
  }

  /** The peer's next address, now. */
  failed(connection: Connection): void {
    const wanted = this.release(connection);
    if (wanted === undefined) return;
    wanted.turn += 1;
    if (wanted.turn < MAX_TURNS) this.#dial(wanted);
    else this.later(wanted);
  }

  /** Takes a dial off whoever waits for it. @returns who then still has no link */
  release(connection: Connection): Wanted | undefined {
    const wanted = this.#redials.get(connection.peer);
    if (wanted?.dial !== connection) return undefined;
    wanted.dial = undefined;
    return this.#context.links.has(wanted.peer) ? undefined : wanted;
  }

  later(wanted: Wanted): void {
    this.#redials.later(wanted, this.#context.nowMs);
  }

  linked(peer: PeerId): void {
    const wanted = this.#redials.get(peer);
    if (wanted === undefined) return;
    wanted.dueMs = undefined;
    wanted.turn = 0;
  }

  /** The link to the peer, which stood since then, is down. `broke`: the transport lost it, and nobody had said goodbye. */
  lost(peer: PeerId, sinceMs: number, broke: boolean): void {
    const wanted = this.#redials.get(peer);
    if (wanted === undefined || wanted.dial !== undefined) return;
    const { nowMs } = this.#context;
    const settledMs = sinceMs + SETTLED_MS;
    if (nowMs > settledMs) this.#redials.anew(wanted, nowMs);
    // A line that flaps, or a peer that feigns one, which nobody can tell apart: it is dialled at the latest when it would be had the link held until
    // it was a success, and been lost then. Whoever wants to be dialled that often need only hold on, so that to feign gains nothing.
    else if (broke && this.#redials.isSoonerAnew(wanted, nowMs, settledMs)) this.#redials.anew(wanted, settledMs);
    // A peer that lets us in and drops us at once is no success: its backoff goes on.
    else this.later(wanted);
  }

  /** Dials those whose round begins. */
  due(): void {
    for (const wanted of this.#redials.due(this.#context.nowMs)) this.#dial(wanted);
  }

  clear(): void {
    this.#redials.clear();
  }

  #dial(wanted: Wanted): void {
    if (wanted.dial !== undefined || this.#context.links.has(wanted.peer)) return;
    if (!this.#hasRoom()) return this.later(wanted);
    wanted.dueMs = undefined;
    wanted.dial = this.#start(this.number(), wanted.peer, wanted.turn);
  }

  #start(id: ConnectionId, peer: PeerId | undefined, turn: number): Connection {
    this.#context.emit({ type: 'Dial', connection: id, peer, turn });
    return this.#context.connections.add(id, 'dialling', peer, '', this.#context.nowMs);
  }

  #hasRoom(): boolean {
    const { connections, limits } = this.#context;
    return connections.count('dialling') + connections.count('linked') < limits.maxLinks;
  }
}
