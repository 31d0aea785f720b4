/** Joins and Neighbors of ours that wait for an answer. Pure. */
import type { PeerId } from '../ids.ts';
import type { Contact, Generation, Priority } from './messages.ts';

/** What was asked: `join`, or a Neighbor of some priority, be it to fill a place or because a ForwardJoin ended here. */
export interface Request {
  readonly contact: Contact;
  readonly generation: Generation;
  readonly purpose: 'join' | 'fill' | 'welcome' | 'probe';
  readonly priority: Priority;
  readonly sinceMs: number;
}

export class Requests {
  /** One a peer, oldest first. */
  readonly #open = new Map<PeerId, Request>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#open.size;
  }

  get isFull(): boolean {
    return this.#open.size >= this.#max;
  }

  has(peer: PeerId): boolean {
    return this.#open.has(peer);
  }

  add(request: Request): void {
    this.#open.set(request.contact.peer, request);
  }

  get(peer: PeerId): Request | undefined {
    return this.#open.get(peer);
  }

  /** Settles the request to that peer. */
  take(peer: PeerId): Request | undefined {
    const request = this.#open.get(peer);
    if (request !== undefined) this.#open.delete(peer);
    return request;
  }

  /** Those that may fill a place. */
  filling(): Request[] {
    return [...this.#open.values()].filter(({ purpose }) => purpose === 'fill' || purpose === 'join');
  }

  /** Takes out all that were sent at `untilMs` or before. */
  takeExpired(untilMs: number): Request[] {
    const expired = [...this.#open.values()].filter(({ sinceMs }) => sinceMs <= untilMs);
    for (const { contact } of expired) this.#open.delete(contact.peer);
    return expired;
  }

  /** When the oldest was sent; `undefined` when none waits. */
  oldestMs(): number | undefined {
    for (const { sinceMs } of this.#open.values()) return sinceMs;
    return undefined;
  }

  clear(): void {
    this.#open.clear();
  }
}
