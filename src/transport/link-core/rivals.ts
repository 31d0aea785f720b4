/** Of two connections to one peer one wins: which, and what becomes of the other. Pure. The rule stands in link-core.ts. */
import type { PeerId } from '../../ids.ts';
import type { Connection } from './connections.ts';
import type { LinkContext } from './context.ts';

/** At this age a connection is no product of simultaneous dials, and a link was a success (research 5.3). */
export const SETTLED_MS = 5_000;

/** Said on the losing one of two connections to one peer. */
export const DUPLICATE = 'duplicate';

export class Rivals {
  readonly #context: LinkContext;

  constructor(context: LinkContext) {
    this.#context = context;
  }

  contest(peer: PeerId, current: Connection, challenger: Connection): void {
    if (!this.#beats(peer, challenger, current)) return this.#lose(peer, challenger);
    this.#switch(peer, current, challenger);
    this.#lose(peer, current);
  }

  /** Goes on over another connection to the same peer, if there is one that neither side has given up. */
  fallBack(lost: Connection): boolean {
    const spare = this.#context.connections.in('losing').find((other) => other.peer === lost.peer && !other.saidGoaway);
    if (spare?.peer === undefined) return false;
    this.#switch(spare.peer, lost, spare);
    return true;
  }

  #beats(peer: PeerId, challenger: Connection, current: Connection): boolean {
    if (current.heardGoaway || challenger.dialled === current.dialled) return true;
    if (this.#context.nowMs - current.sinceMs > SETTLED_MS) return true;
    return challenger.dialled === this.#decidesFor(peer);
  }

  /** Whether of two connections to this peer we say which one goes. */
  #decidesFor(peer: PeerId): boolean {
    return this.#context.self < peer;
  }

  #switch(peer: PeerId, from: Connection, to: Connection): void {
    this.#context.carry(peer, to);
    this.#context.emit({ type: 'Switch', peer, connection: to.id });
    if (from.congested) this.#context.emit({ type: 'Drained', peer });
  }

  #lose(peer: PeerId, connection: Connection): void {
    if (connection.heardGoaway) return this.#context.leave(connection, DUPLICATE);
    this.#context.connections.move(connection, 'losing', this.#context.nowMs);
    if (!this.#decidesFor(peer)) return;
    connection.saidGoaway = true;
    this.#context.emit({ type: 'Goaway', connection: connection.id, reason: DUPLICATE });
  }
}
