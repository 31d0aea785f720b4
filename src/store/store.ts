/**
 * The store port: what the host keeps on disk, and what it reads from RAM. One per node.
 * Reads are synchronous; writes are appended to the open group and acknowledged in order once the group is on disk.
 */
import type { Mark, Seen } from '../agent.ts';
import type { PeerId, RumorId } from '../ids.ts';

/** What one event changed. All of it is on disk, or none of it. */
export interface Changes {
  /** The agent whose state this is. */
  readonly agent: string;
  readonly saves?: readonly Saved[];
  readonly timers?: readonly TimerChange[];
  readonly remember?: readonly Remembered[];
  readonly keep?: readonly Kept[];
}

/** `value: undefined` forgets the key. Otherwise the CBOR of the value, made by `encodePayload`. */
export interface Saved {
  readonly key: string;
  readonly value: Uint8Array | undefined;
}

/** `atMs: undefined` cancels. Otherwise ms since 1970. */
export interface TimerChange {
  readonly wire: string;
  readonly atMs: number | undefined;
}

/** Merged into what is there: hops rise to the maximum, flags are only ever set. Give what changed: each one is a record on disk. */
export interface Remembered extends Seen {
  readonly id: RumorId;
  /** Who brought it first. Without it, nobody: it is our own. */
  readonly from?: PeerId;
}

/** What is remembered of one id, as it can be taken to another machine. */
export interface SeenEntry extends Seen {
  readonly id: RumorId;
  /** When it came first, rounded down to six hours, ms since 1970. */
  readonly sinceMs: number;
}

/** One payload for the window, with the hops it had left when it came first; one that is there already is not written again. */
export interface Kept {
  readonly id: RumorId;
  readonly mark: Mark;
  readonly payload: Uint8Array;
  readonly hops: number;
}

/** What an agent left behind when it ran before. */
export interface AgentState {
  /** CBOR of each value. */
  readonly saved: ReadonlyMap<string, Uint8Array>;
  /** Wire to ms since 1970. */
  readonly timers: ReadonlyMap<string, number>;
}

/** Once closed: reads and `writeMeta` end with `HEARSAY_CLOSED`, an `append` is acknowledged with it, and what is in RAM can still be asked. */
export interface Store {
  /** A random id made with the directory; another one after the directory was lost. 32 hex digits. */
  readonly incarnation: string;
  /** The state on disk, or `undefined` when this name never ran here. */
  readAgent(agent: string): Promise<AgentState | undefined>;
  /** From RAM. Shows what `markSeen` and `append` were given, at once, before it is on disk, and also when it could not be written. */
  seen(id: RumorId): Seen | undefined;
  /**
   * The ids of one agent that are on disk, oldest first, each once. Empty for an agent that never ran here.
   * @throws HearsayError `HEARSAY_CLOSED`, `HEARSAY_STORE_DAMAGED`, `HEARSAY_STORE_FAILED`
   */
  replay(agent: string): AsyncIterable<SeenEntry>;
  /** RAM only: this process has it. The disk learns it with the `append` that carries it. */
  markSeen(entry: Remembered): void;
  /** From the window, also what was appended just now. The bytes are the caller's own. */
  payload(id: RumorId): Promise<Kept | undefined>;
  /** How many ids are remembered. */
  readonly seenCount: number;
  /** A node-wide value (not an agent's), for instance the address book. */
  readMeta(key: string): Promise<Uint8Array | undefined>;
  /** In the next group; kept through failed writes until it is on disk. `readMeta` shows it at once. */
  writeMeta(key: string, value: Uint8Array): void;
  /**
   * Adds to the group that is written next. `done` is called in the order of the calls, once the group is on disk, or with
   * `HEARSAY_STORE_FAILED` when it could not be written; then nothing of that group is on disk. What was appended before the failure
   * was known fails with it, since it may build on what was lost; what is appended from `done` on is tried again.
   * How much waits is the caller's to bound, by the `done` that are missing. `changes` and its bytes must not change until then.
   */
  append(changes: Changes, done: (error?: Error) => void): void;
  /** Resolves when everything appended so far is on disk or has failed. */
  flush(): Promise<void>;
  /** Flushes and closes. Safe to call twice. */
  close(): Promise<void>;
}
