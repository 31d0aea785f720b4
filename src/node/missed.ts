/**
 * Pals that asked for an app before it ran: a node that starts has links before its apps. They were refused, and would ask again in
 * half an hour; so they are told once it runs.
 */
import type { PeerId } from '../ids.ts';
import { keepNewest } from '../keep-newest.ts';

/** Our choice: each of 256 links asks for four apps. Past it the oldest waits for its own half hour. */
const MAX_MISSED = 1_000;

export class Missed {
  /** By topic and peer. */
  readonly #missed = new Map<string, { readonly topic: string; readonly peer: PeerId }>();

  /** That peer was refused, since nothing runs under that topic. */
  add(topic: string, peer: PeerId): void {
    this.#missed.set(`${topic} ${peer}`, { topic, peer });
    keepNewest(this.#missed, MAX_MISSED);
  }

  /** Whoever was refused, and forgets it. */
  take(topic: string): readonly PeerId[] {
    const found = [...this.#missed].filter(([, missed]) => missed.topic === topic);
    for (const [key] of found) this.#missed.delete(key);
    return found.map(([, { peer }]) => peer);
  }
}
