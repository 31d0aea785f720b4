/**
 * Keeps a link to each bootstrap address, whoever is there: dialled at start, and again when it is lost, for ever; a name is resolved anew
 * each time. What answers and is not hearsay is asked least often.
 */
import { isNotHearsay } from '../transport/channel/fault.ts';
import { LOST } from '../transport/link-core/events.ts';
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
  /** The link to a bootstrap node is up. */
  found(peer: PeerId): void;
}

/** A link that held so long was a success, as for redials (research 5.3). Who lets us in and drops us at once is asked less and less. */
const SETTLED_MS = 5_000;

/** More make no difference: 2^20 s are twelve days. */
const MOST_FAILURES = 20;

/** Why a bootstrap node lets go of us that has more links than it needs. It is not asked again soon. */
export const CROWDED = 'crowded';

interface Entry {
  readonly address: string;
  /** How many want it: it is dialled once for all of them. */
  wishes: number;
  peer: PeerId | undefined;
  /** When the link came up. */
  sinceMs: number;
  /** Dials in a row that led to no link that held. */
  failures: number;
  cancel: () => void;
}

export class Bootstrap {
  readonly #port: BootstrapPort;
  readonly #entries = new Map<string, Entry>();
  readonly #abort = new AbortController();

  constructor(addresses: readonly string[], port: BootstrapPort) {
    this.#port = port;
    for (const address of addresses) this.#entry(address);
  }

  start(): void {
    for (const entry of this.#entries.values()) this.#dial(entry);
  }

  /** Further addresses, dialled at once if they are new. The result lets go of them once, and gives the peers that are no bootstrap nodes any more; their links stay. */
  add(addresses: readonly string[]): () => readonly PeerId[] {
    const entries = addresses.map((address) => this.#entry(address));
    for (const entry of entries) if (entry.wishes === 1) this.#dial(entry);
    return () => entries.splice(0).flatMap((entry) => this.#letGo(entry) ?? []);
  }

  /** The bootstrap nodes that there is a link to. */
  get peers(): readonly PeerId[] {
    return [...this.#entries.values()].flatMap(({ peer }) => peer ?? []);
  }

  /** The link to that peer is gone. */
  lost(peer: PeerId, reason: string): void {
    for (const entry of this.#entries.values()) {
      if (entry.peer !== peer) continue;
      entry.peer = undefined;
      const shortMs = Math.max(0, entry.sinceMs + SETTLED_MS - this.#port.clock.now());
      // A line that flaps, or a peer that feigns one: as for redials (link-core/dials.ts), it is dialled at the latest when it would be had it held.
      const isFlap = reason === LOST && shortMs + this.#waitMs(0) < this.#waitMs(entry.failures + 1);
      if (reason === CROWDED) entry.failures = MOST_FAILURES;
      else if (shortMs === 0 || isFlap) entry.failures = 0;
      else entry.failures += 1;
      this.#later(entry, isFlap ? shortMs : 0);
    }
  }

  close(): void {
    this.#abort.abort();
    for (const entry of this.#entries.values()) entry.cancel();
  }

  #dial(entry: Entry): void {
    if (this.#abort.signal.aborted) return;
    this.#port.connect(entry.address, this.#abort.signal).then(
      (peer) => {
        // It may be gone before we hear that it was there.
        if (this.#port.isUp(peer)) this.#found(entry, peer);
        else this.#failed(entry);
      },
      (error: unknown) => {
        // It may be anything, and is not asked again soon; but names move, and a hotel's page that stood in the way goes.
        if (isNotHearsay(error)) entry.failures = MOST_FAILURES;
        this.#failed(entry);
      },
    );
  }

  /** One more wants it. */
  #entry(address: string): Entry {
    const entry = this.#entries.get(address) ?? { address, wishes: 0, peer: undefined, sinceMs: 0, failures: 0, cancel: () => undefined };
    this.#entries.set(address, entry);
    entry.wishes += 1;
    return entry;
  }

  #letGo(entry: Entry): PeerId | undefined {
    entry.wishes -= 1;
    if (entry.wishes > 0) return undefined;
    this.#entries.delete(entry.address);
    entry.cancel();
    return entry.peer;
  }

  #found(entry: Entry, peer: PeerId): void {
    entry.peer = peer;
    entry.sinceMs = this.#port.clock.now();
    this.#port.found(peer);
  }

  #failed(entry: Entry): void {
    entry.failures += 1;
    this.#later(entry);
  }

  /** Capped exponential wait, less up to a fifth by dice, so that a restarted bootstrap node is not stormed. @param moreMs on top of it */
  #later(entry: Entry, moreMs = 0): void {
    if (this.#abort.signal.aborted || entry.wishes === 0) return;
    const { clock, random } = this.#port;
    const waitMs = this.#waitMs(entry.failures);
    entry.cancel = clock.after(moreMs + waitMs - random.below(Math.ceil(waitMs / 5)), () => this.#dial(entry));
  }

  #waitMs(failures: number): number {
    return Math.min(FIRST_RETRY_MS * 2 ** Math.min(failures, MOST_FAILURES), this.#port.limits.redialMaxMs);
  }
}
