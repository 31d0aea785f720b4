/**
 * The latest rumors that were offered, at hand for who asks for them. What is no longer here is read from the payload window.
 */
import type { OutgoingFact } from './outgoing-fact.ts';

export class OfferedFacts {
  readonly #maxBytes: number;
  readonly #facts = new Map<string, OutgoingFact>();
  #bytes = 0;

  /** @param maxBytes limits.maxOfferedBytes */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** One that has a number. At the limit the oldest go. */
  add(agent: string, fact: OutgoingFact): void {
    this.#facts.set(keyOf(agent, fact.number), fact);
    this.#bytes += sizeOf(fact);
    for (const [key, oldest] of this.#facts) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#facts.delete(key);
      this.#bytes -= sizeOf(oldest);
    }
  }

  /** @param number its number in the log of what the agent owes */
  find(agent: string, number: number): OutgoingFact | undefined {
    return this.#facts.get(keyOf(agent, number));
  }
}

function sizeOf({ offer }: OutgoingFact): number {
  return offer?.bytes ?? 0;
}

function keyOf(agent: string, number: number | undefined): string {
  return `${number} ${agent}`;
}
