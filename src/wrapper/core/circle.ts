/**
 * Whom we know, and whom the policy lets us hear and tell. Pure.
 */
import type { PeerId } from '../../ids.ts';
import type { Whos } from '../config.ts';
import type { NeighborChange, PalChange, PalsList } from './messages.ts';

/** Whom we know, and how. */
type Acquaintances = PalsList | 'neighbors';

/** Targets and leeches as pals tells them, bounded by the pals themselves (limits.maxPals), and the topic's neighbours, bounded by its overlay. Never holds ourselves. */
export class Circle {
  readonly #our: PeerId;
  readonly #lists: Readonly<Record<Acquaintances, Set<PeerId>>> = { targets: new Set(), leeches: new Set(), neighbors: new Set() };

  constructor(our: PeerId) {
    this.#our = our;
  }

  apply(change: PalChange, peer: PeerId): void {
    this.#set(change === 'meet' || change === 'part' ? 'targets' : 'leeches', peer, change === 'meet' || change === 'near');
  }

  /** The overlay has a new neighbour for us, or has lost one. */
  applyNeighbor(change: NeighborChange, peer: PeerId): void {
    this.#set('neighbors', peer, change === 'up');
  }

  /** Empties a list. @returns who was on it */
  clear(list: Acquaintances): readonly PeerId[] {
    const peers = [...this.#lists[list]];
    this.#lists[list].clear();
    return peers;
  }

  /** Everybody on any list, once each. */
  everybody(): readonly PeerId[] {
    return [...new Set(Object.values(this.#lists).flatMap((list) => [...list]))];
  }

  /** Whether we want to hear that peer. `anybody`: targets, leeches and neighbours. */
  mayHear(whos: Whos, peer: PeerId): boolean {
    return whos === 'anybody' ? Object.values(this.#lists).some((list) => list.has(peer)) : this.isPal(whos, peer);
  }

  /** Whether that peer may hear us. `anybody`: whoever asks. */
  mayTell(whos: Whos, peer: PeerId): boolean {
    return whos === 'anybody' || this.isPal(whos, peer);
  }

  /** Whether we added that peer, or it also added us. */
  isPal(whos: 'targets' | 'mutuals', peer: PeerId): boolean {
    return this.#lists.targets.has(peer) && (whos === 'targets' || this.#lists.leeches.has(peer));
  }

  #set(list: Acquaintances, peer: PeerId, isOn: boolean): void {
    if (isOn && peer !== this.#our) this.#lists[list].add(peer);
    else this.#lists[list].delete(peer);
  }
}
