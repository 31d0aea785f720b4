/**
 * Which rumors of unknown mark or kind are kept, in what order, and which must go when it gets too much. Pure.
 * It holds ids and sizes; the rumors themselves lie with what the agent saved.
 */
import type { RumorId } from '../../ids.ts';

/** One kept rumor. */
export interface QuarantineEntry {
  readonly id: RumorId;
  /** Rises from entry to entry. */
  readonly order: number;
  /** Size in bytes. */
  readonly bytes: number;
}

export interface QuarantineLimits {
  readonly maxQuarantined: number;
  readonly maxQuarantinedBytes: number;
}

export class Quarantine {
  readonly #limits: QuarantineLimits;
  /** Size by id, oldest first. */
  readonly #sizes: Map<RumorId, number> = new Map();
  #bytes = 0;
  #nextOrder = 0;

  /** @param entries what was kept before, in any order */
  constructor(limits: QuarantineLimits, entries: readonly QuarantineEntry[]) {
    this.#limits = limits;
    for (const { id, order, bytes } of [...entries].sort((a, b) => a.order - b.order)) {
      this.#put(id, bytes);
      this.#nextOrder = order + 1;
    }
  }

  has(id: RumorId): boolean {
    return this.#sizes.has(id);
  }

  /**
   * Makes room for one that is not there yet: the oldest go.
   * @returns its place and who went; no place when it is larger than all the room there is
   */
  add(id: RumorId, bytes: number): { readonly order: number | undefined; readonly dropped: readonly RumorId[] } {
    const { maxQuarantined, maxQuarantinedBytes } = this.#limits;
    if (bytes > maxQuarantinedBytes) return { order: undefined, dropped: [] };
    const dropped: RumorId[] = [];
    for (const oldest of this.#sizes.keys()) {
      if (this.#sizes.size < maxQuarantined && this.#bytes + bytes <= maxQuarantinedBytes) break;
      this.delete(oldest);
      dropped.push(oldest);
    }
    this.#put(id, bytes);
    const order = this.#nextOrder;
    this.#nextOrder += 1;
    return { order, dropped };
  }

  delete(id: RumorId): void {
    this.#bytes -= this.#sizes.get(id) ?? 0;
    this.#sizes.delete(id);
  }

  #put(id: RumorId, bytes: number): void {
    this.#sizes.set(id, bytes);
    this.#bytes += bytes;
  }
}
