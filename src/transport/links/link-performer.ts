/** Does what the link core says: dials, ups and downs, closing, and the one timer. Shell. */
import { assert, assertNever } from '../../errors.ts';
import type { PeerId } from '../../ids.ts';
import type { SecureChannel } from '../channel.ts';
import type { ConnectionId, LinkEffect, Reading } from '../link-core/events.ts';
import type { Lines } from './lines.ts';
import type { LinksOptions } from './options.ts';
import type { Outbox } from './outbox.ts';

/** The longest delay a Node timer takes. One that fires too early does no harm. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** What carries a link now. */
export interface Current {
  readonly connection: ConnectionId;
  readonly channel: SecureChannel;
}

/** What comes of an effect. */
export interface LinkPerformerPort {
  /** From within {@link LinkPerformer.perform}: the peer has no address for that turn. */
  onExhausted(connection: ConnectionId): void;
  /** With a reading of each linked connection. */
  onTimer(readings: readonly Reading[]): void;
}

export class LinkPerformer {
  readonly #options: LinksOptions;
  readonly #lines: Lines;
  readonly #outbox: Outbox;
  readonly #port: LinkPerformerPort;
  readonly #current = new Map<PeerId, Current>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LinksOptions, lines: Lines, outbox: Outbox, port: LinkPerformerPort) {
    this.#options = options;
    this.#lines = lines;
    this.#outbox = outbox;
    this.#port = port;
  }

  /** By peer, as it is now. */
  get current(): ReadonlyMap<PeerId, Current> {
    return this.#current;
  }

  perform(effect: LinkEffect): void {
    const { events } = this.#options;
    switch (effect.type) {
      case 'Dial':
        return this.#dial(effect.connection, effect.peer, effect.turn);
      case 'Refuse':
        return this.#lines.refuse(effect.connection, effect.reason);
      case 'Up':
        return this.#up(effect.peer, effect.connection);
      case 'Switch':
        return this.#use(effect.peer, effect.connection);
      case 'Down':
        this.#current.delete(effect.peer);
        return this.#outbox.add(() => events.onDown(effect.peer, effect.reason));
      case 'Drained':
        return this.#outbox.add(() => events.onDrained(effect.peer));
      case 'Goaway':
        return this.#lines.get(effect.connection)?.channel?.goaway(effect.reason);
      case 'Close':
        return this.#lines.get(effect.connection)?.channel?.close(effect.reason);
      case 'Terminate':
        return this.#lines.terminate(effect.connection, effect.reason);
      case 'Ping':
        return this.#lines.get(effect.connection)?.channel?.ping();
      case 'SetTimer':
        return this.#setTimer(effect.delayMs);
      default:
        assertNever(effect);
    }
  }

  /** The timer does not fire any more. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #dial(id: ConnectionId, peer: PeerId | undefined, turn: number): void {
    const requested = this.#lines.get(id);
    if (requested !== undefined) return void this.#lines.dial(requested, requested.address ?? '');
    const address = peer === undefined ? undefined : this.#options.addressesOf(peer)[turn];
    if (address === undefined) return this.#port.onExhausted(id);
    void this.#lines.dial(this.#lines.add(id, address, peer, false), address);
  }

  #up(peer: PeerId, id: ConnectionId): void {
    this.#use(peer, id);
    const line = this.#lines.get(id);
    const info = { dialled: line?.address, host: line?.channel?.remoteHost ?? '' };
    this.#outbox.add(() => this.#options.events.onUp(peer, info));
  }

  #use(peer: PeerId, connection: ConnectionId): void {
    const channel = this.#lines.get(connection)?.channel;
    assert(channel !== undefined, 'an authenticated connection has a channel');
    this.#current.set(peer, { connection, channel });
  }

  #setTimer(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#onTimer(), Math.min(Math.ceil(delayMs), MAX_TIMER_MS));
  }

  #onTimer(): void {
    const readings = [...this.#current.values()].map(({ connection, channel: { frames, bufferedBytes } }) => ({ connection, frames, bufferedBytes }));
    this.#port.onTimer(readings);
  }
}
