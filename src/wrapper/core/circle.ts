/**
 * Whom we know, and whom the policy lets us hear and tell. Pure.
 */
import type { PeerId } from '../../ids.ts';
import type { Whos } from '../config.ts';
import type { PalChange, PalsList } from './messages.ts';

/** Targets and leeches as pals tells them. Bounded by the pals themselves (limits.maxPals). Never holds ourselves. */
export class Circle {
  readonly #our: PeerId;
  readonly #lists: Readonly<Record<PalsList, Set<PeerId>>> = { targets: new Set(), leeches: new Set() };

  constructor(our: PeerId) {
    this.#our = our;
  }

  apply(change: PalChange, peer: PeerId): void {
    if (peer === this.#our) return;
    const list = this.#lists[change === 'meet' || change === 'part' ? 'targets' : 'leeches'];
    if (change === 'meet' || change === 'near') list.add(peer);
    else list.delete(peer);
  }

  /** Empties a list. @returns who was on it */
  clear(list: PalsList): readonly PeerId[] {
    const peers = [...this.#lists[list]];
    this.#lists[list].clear();
    return peers;
  }

  /** Everybody on either list, once each. */
  everybody(): readonly PeerId[] {
    return [...new Set([...this.#lists.targets, ...this.#lists.leeches])];
  }

  /** Whether we want to hear that peer. `anybody`: targets and leeches. */
  mayHear(whos: Whos, peer: PeerId): boolean {
    return whos === 'anybody' ? this.#lists.targets.has(peer) || this.#lists.leeches.has(peer) : this.isPal(whos, peer);
  }

  /** Whether that peer may hear us. `anybody`: whoever asks. */
  mayTell(whos: Whos, peer: PeerId): boolean {
    return whos === 'anybody' || this.isPal(whos, peer);
  }

  /** Whether we added that peer, or it also added us. */
  isPal(whos: 'targets' | 'mutuals', peer: PeerId): boolean {
    return this.#lists.targets.has(peer) && (whos === 'targets' || this.#lists.leeches.has(peer));
  }
}
