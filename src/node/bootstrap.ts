/**
 * Keeps a link to each bootstrap address, whoever is there: dialled at start, and again when it is lost, for ever. Only what answers
 * and is not hearsay is left alone: it may be anything, and has been asked once.
 */
import { isNotHearsay } from '../transport/channel/fault.ts';
import type { PeerId } from '../ids.ts';
import type { Limits } from '../limits.ts';
import type { Random } from '../random.ts';
import type { Clock } from './clock.ts';

/** First wait after a failed dial, in ms (our choice: a bootstrap node that restarts is back in about a second). */
const FIRST_RETRY_MS = 1_000;

export interface BootstrapPort {
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: Limits;
  /** Resolves when a link to whoever is at the address is up. */
  connect(address: string, signal: AbortSignal): Promise<PeerId>;
  isUp(peer: PeerId): boolean;
}

interface Entry {
  readonly address: string;
  peer: PeerId | undefined;
  failures: number;
  cancel: () => void;
}

export class Bootstrap {
  readonly #port: BootstrapPort;
  readonly #entries = new Set<Entry>();
  readonly #abort = new AbortController();

  constructor(addresses: readonly string[], port: BootstrapPort) {
    this.#port = port;
    for (const address of addresses) this.#entries.add(entryOf(address));
  }

  start(): void {
    for (const entry of this.#entries) this.#dial(entry);
  }

  /** Further addresses, dialled at once; the result lets go of them. Links that are there stay. */
  add(addresses: readonly string[]): () => void {
    const entries = addresses.map(entryOf);
    for (const entry of entries) {
      this.#entries.add(entry);
      this.#dial(entry);
    }
    return () => {
      for (const entry of entries) {
        this.#entries.delete(entry);
        entry.cancel();
      }
    };
  }

  /** The link to that peer is gone. */
  lost(peer: PeerId): void {
    for (const entry of this.#entries) {
      if (entry.peer !== peer) continue;
      entry.peer = undefined;
      this.#later(entry);
    }
  }

  close(): void {
    this.#abort.abort();
    for (const entry of this.#entries) entry.cancel();
  }

  #dial(entry: Entry): void {
    if (this.#abort.signal.aborted) return;
    this.#port.connect(entry.address, this.#abort.signal).then(
      (peer) => {
        entry.failures = 0;
        // It may be gone before we hear that it was there.
        if (this.#port.isUp(peer)) entry.peer = peer;
        else this.#later(entry);
      },
      (error: unknown) => {
        if (isNotHearsay(error)) return;
        entry.failures += 1;
        this.#later(entry);
      },
    );
  }

  /** Capped exponential wait, less up to a fifth by dice, so that a restarted bootstrap node is not stormed. */
  #later(entry: Entry): void {
    if (this.#abort.signal.aborted || !this.#entries.has(entry)) return;
    const { clock, random, limits } = this.#port;
    const waitMs = Math.min(FIRST_RETRY_MS * 2 ** Math.min(entry.failures, 20), limits.redialMaxMs);
    entry.cancel = clock.after(waitMs - random.below(Math.ceil(waitMs / 5)), () => this.#dial(entry));
  }
}

function entryOf(address: string): Entry {
  return { address, peer: undefined, failures: 0, cancel: () => undefined };
}
