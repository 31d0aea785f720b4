/**
 * Finding pals whose addresses changed: whoever is a pal of both may know (DESIGN 6).
 * Each side asks when it meets a common pal, so of two that both moved the later one to come finds the other.
 */
import type { PeerId } from '../ids.ts';
import { around } from '../overlay/dice.ts';
import type { Random } from '../random.ts';
import type { Clock } from './clock.ts';

/** Between two rounds of questions, ± 50 % (our choice: as for probes of a topic). */
const INTERVAL_MS = 60_000;
const SPREAD_PERCENT = 50;
/** Pals that one peer is asked for at once (our choice); the others have their turn later. */
const MAX_ASKED = 16;

export interface FindingPort {
  readonly clock: Clock;
  readonly random: Random;
  /** Whom our user added. */
  targets(): Iterable<PeerId>;
  /** Whether we added each other. */
  isMutual(peer: PeerId): boolean;
  /** Peers with a link. */
  peers(): readonly PeerId[];
  isUp(peer: PeerId): boolean;
  recordOf(peer: PeerId): Uint8Array | undefined;
  ask(peer: PeerId, sought: PeerId): void;
  answer(peer: PeerId, record: Uint8Array): void;
}

export class Finding {
  readonly #port: FindingPort;
  #cancel: () => void = () => undefined;
  /** Where among the missing the next round begins. */
  #turn = 0;

  constructor(port: FindingPort) {
    this.#port = port;
  }

  start(): void {
    const { clock, random } = this.#port;
    this.#cancel = clock.after(around(INTERVAL_MS, SPREAD_PERCENT, random), () => {
      const missing = this.#missing();
      for (const peer of this.#port.peers()) this.#ask(peer, missing);
      this.#turn += MAX_ASKED;
      this.start();
    });
  }

  /** A link came up, or the friend graph changed. */
  met(peer: PeerId): void {
    if (this.#port.isUp(peer)) this.#ask(peer, this.#missing());
  }

  /** A peer asks where another one is. Strangers learn nothing, nor does anybody of who is no pal of ours. */
  asked(peer: PeerId, sought: PeerId): void {
    const { isMutual, recordOf, answer } = this.#port;
    if (!isMutual(peer) || !isMutual(sought)) return;
    const record = recordOf(sought);
    if (record !== undefined) answer(peer, record);
  }

  close(): void {
    this.#cancel();
  }

  #ask(peer: PeerId, missing: readonly PeerId[]): void {
    if (!this.#port.isMutual(peer)) return;
    for (const sought of missing) this.#port.ask(peer, sought);
  }

  #missing(): PeerId[] {
    const all = [...this.#port.targets()].filter((peer) => !this.#port.isUp(peer));
    if (all.length <= MAX_ASKED) return all;
    const from = this.#turn % all.length;
    return [...all.slice(from), ...all.slice(0, from)].slice(0, MAX_ASKED);
  }
}
