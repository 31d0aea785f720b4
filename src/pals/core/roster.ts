/**
 * What is known of each peer, and the questions to it. Bounded. Pure.
 */
import type { PeerId } from '../../ids.ts';
import { isLeeche, oldestDone, STRANGER } from './record.ts';
import type { PalRecord } from './types.ts';

/** The friend graph, to be asked. */
export interface Friends {
  /** Sorted, all or of one list. */
  targets(list?: string): PeerId[];
  /** Sorted. */
  leeches(): PeerId[];
  /** Sorted: targets that are leeches, all or of one list. */
  mutuals(list?: string): PeerId[];
  isTarget(peer: PeerId): boolean;
  isLeeche(peer: PeerId): boolean;
  /** Labels in use, sorted. */
  lists(): string[];
  /** Of the targets that answered; one that is not in it has yet to. */
  receipts(): Map<PeerId, boolean>;
}

export class Roster implements Friends {
  readonly #records: Map<PeerId, PalRecord>;
  readonly #changed = new Set<PeerId>();

  constructor(saved: Iterable<readonly [PeerId, PalRecord]>) {
    this.#records = new Map(saved);
  }

  targets(list?: string): PeerId[] {
    return this.#peersWhere(({ lists }) => lists !== null && (list === undefined || lists.includes(list)));
  }

  leeches(): PeerId[] {
    return this.#peersWhere(isLeeche);
  }

  mutuals(list?: string): PeerId[] {
    return this.targets(list).filter((peer) => this.isLeeche(peer));
  }

  isTarget(peer: PeerId): boolean {
    return this.of(peer).lists !== null;
  }

  isLeeche(peer: PeerId): boolean {
    return isLeeche(this.of(peer));
  }

  lists(): string[] {
    return [...new Set([...this.#records.values()].flatMap(({ lists }) => lists ?? []))].sort();
  }

  receipts(): Map<PeerId, boolean> {
    return new Map([...this.#records].flatMap(([peer, { receipt }]) => (receipt === null ? [] : [[peer, receipt] as const])));
  }

  [Symbol.iterator](): Iterator<[PeerId, PalRecord]> {
    return this.#records[Symbol.iterator]();
  }

  has(peer: PeerId): boolean {
    return this.#records.has(peer);
  }

  /** Of one that is not known: what a stranger has. */
  of(peer: PeerId): PalRecord {
    return this.#records.get(peer) ?? STRANGER;
  }

  put(peer: PeerId, record: PalRecord): void {
    this.#records.set(peer, record);
    this.#changed.add(peer);
  }

  /** Those that were put since the last call, as they are now. */
  takeChanged(): [PeerId, PalRecord][] {
    const changed = [...this.#changed].map((peer): [PeerId, PalRecord] => [peer, this.of(peer)]);
    this.#changed.clear();
    return changed;
  }

  /**
   * Makes room for a peer within `bound`: one that both sides are done with is forgotten, the oldest.
   * @returns whether there is room, and who was forgotten
   */
  makeRoom(peer: PeerId, bound: number, nowMs: number): { readonly ok: boolean; readonly forgotten?: PeerId } {
    if (this.has(peer) || this.#records.size < bound) return { ok: true };
    if (this.#records.size > bound) return { ok: false };
    const forgotten = oldestDone(this.#records, nowMs);
    if (forgotten === undefined) return { ok: false };
    this.#records.delete(forgotten);
    return { ok: true, forgotten };
  }

  #peersWhere(holds: (record: PalRecord) => boolean): PeerId[] {
    return [...this.#records].filter(([, record]) => holds(record)).map(([peer]) => peer).sort();
  }
}
