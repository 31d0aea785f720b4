/** What the parts of the link core share: which connections there are, which of them are links, what time it is, and what is to be done. Pure. */
import type { PeerId } from '../../ids.ts';
import { Connections } from './connections.ts';
import type { Connection } from './connections.ts';
import type { LinkEffect, LinkLimits } from './events.ts';
import { lookIntervalMs } from './vitals.ts';

export class LinkContext {
  readonly self: PeerId;
  readonly limits: LinkLimits;
  readonly connections: Connections;
  /** What messages to a peer go over. Oldest link first. */
  readonly links: Map<PeerId, Connection> = new Map();
  /** Nothing is let in or dialled any more. */
  closing = false;
  /** Monotonic time of the step being taken. */
  nowMs = 0;
  /** When the links are looked at next. */
  lookMs: number = Infinity;
  effects: LinkEffect[] = [];

  constructor(self: PeerId, limits: LinkLimits) {
    this.self = self;
    this.limits = limits;
    this.connections = new Connections(limits);
  }

  emit(effect: LinkEffect): void {
    this.effects.push(effect);
  }

  /** From now on messages to the peer go over this connection. */
  carry(peer: PeerId, connection: Connection): void {
    this.connections.move(connection, 'linked', this.nowMs);
    connection.heardMs = this.nowMs;
    this.links.set(peer, connection);
    this.lookBy(lookIntervalMs(this.limits));
  }

  /** Says goodbye on a connection, and reads on until it is closed. */
  leave(connection: Connection, reason: string): void {
    this.emit({ type: 'Close', connection: connection.id, reason });
    this.connections.move(connection, 'leaving', this.nowMs);
  }

  lookBy(delayMs: number): void {
    this.lookMs = Math.min(this.lookMs, this.nowMs + delayMs);
  }
}
