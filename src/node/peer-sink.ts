/**
 * Where the facts of a peer's subscription go: over its link, unless it reads too slowly.
 */
import { Buffer } from 'node:buffer';
import type { PeerId } from '../ids.ts';
import { encodeMessage, factHead, giveHead } from './messages.ts';
import type { OfferedRumor, OutgoingFact } from './outgoing-fact.ts';
import type { Sink, Ungiven } from './subscribers.ts';

/** What it asks of the links. */
export interface LinkPort {
  /** A message, in one part or two, which never change again. `false`: there is no link. */
  send(peer: PeerId, bytes: Uint8Array, rest?: Uint8Array): boolean;
  /** Past its buffer bound: rumors to it are not sent. */
  congested(peer: PeerId): boolean;
  /** A fact was not sent because the peer reads too slowly, or its watch took too long to answer. */
  dropped(peer: PeerId): void;
}

const NONE = new Uint8Array(0);

export class PeerSink implements Sink {
  readonly #peer: PeerId;
  readonly #sub: number;
  readonly #port: LinkPort;
  readonly #isClosed: () => boolean;
  /** What stands before its facts: made anew when the mark changes, and it hardly ever does. */
  #mark: string | undefined;
  #head: Uint8Array = NONE;

  /** @param isClosed whether nothing is to be sent any more */
  constructor(peer: PeerId, sub: number, port: LinkPort, isClosed: () => boolean) {
    this.#peer = peer;
    this.#sub = sub;
    this.#port = port;
    this.#isClosed = isClosed;
  }

  fact(fact: OutgoingFact): Ungiven | undefined {
    if (fact.mark !== this.#mark) this.#head = factHead(this.#sub, fact.mark);
    this.#mark = fact.mark;
    return this.#send(this.#head, fact);
  }

  give(fact: OutgoingFact, number: number): Ungiven | undefined {
    return this.#send(giveHead(this.#sub, number), fact);
  }

  offer(rumor: OfferedRumor, number: number): Ungiven | undefined {
    if (this.#port.congested(this.#peer)) return 'slow-reader';
    if (!this.#isClosed()) this.#port.send(this.#peer, encodeMessage({ type: 'Offer', sub: this.#sub, number, ...rumor }));
    return undefined;
  }

  kicked(reason: string): void {
    if (!this.#isClosed()) this.#port.send(this.#peer, encodeMessage({ type: 'Kick', sub: this.#sub, reason }));
  }

  dropped(): void {
    this.#port.dropped(this.#peer);
  }

  #send(head: Uint8Array, fact: OutgoingFact): Ungiven | undefined {
    if (this.#port.congested(this.#peer)) return 'slow-reader';
    // Of what no link can carry the host tells the agent.
    const { payload } = fact;
    if (payload === undefined) return 'too-large';
    const [first, rest] = payload;
    if (!this.#isClosed()) this.#port.send(this.#peer, first.length === 0 ? head : Buffer.concat([head, first]), rest);
    return undefined;
  }
}
