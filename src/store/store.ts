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
  /**
   * Until their ids are remembered as delivered by a later append, they are handed out again at each start. What the same `remember` says of
   * delivery counts in RAM alone: no copy is let in meanwhile.
   */
  readonly arrived?: readonly Arrival[];
  /** What it sends to its subscribers, as {@link Store.owe} numbered it. */
  readonly owed?: readonly Owed[];
}

/** A rumor that was sent to an agent's subscribers. */
export interface Owed {
  /** From 1 on, without gaps, for each agent. */
  readonly number: number;
  readonly id: RumorId;
  /** As they were sent. */
  readonly hops: number;
  /** A subscriber that was not told. */
  readonly except?: PeerId;
}

/** A rumor as it came, for an agent that is still to be handed it. */
export interface Arrival {
  readonly id: RumorId;
  readonly from: PeerId;
  readonly wire: string;
  readonly mark: Mark;
  readonly data: Uint8Array;
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
  /**
   * What arrived for an agent, is on disk and was not delivered, in order. To be asked before it starts.
   * @throws HearsayError `HEARSAY_CLOSED`, `HEARSAY_STORE_DAMAGED`, `HEARSAY_STORE_FAILED`
   */
  undelivered(agent: string): Promise<readonly Arrival[]>;
  /** Numbers what an agent is about to send. The disk learns it with the `append` that carries it. The latest 10,000 of an agent are kept. */
  owe(agent: string, entry: Omit<Owed, 'number'>): Owed;
  /** The number of what the agent sent last; 0 when that is nothing. */
  lastOwed(agent: string): number;
  /** `undefined` when it was dropped, or never was. */
  owed(agent: string, number: number): Owed | undefined;
  /** Up to which number a pal has acknowledged; `undefined` for one that never subscribed. */
  owedCursor(agent: string, peer: PeerId): number | undefined;
  /**
   * A pal's first one is written at once, a later one with one of the next groups. What was owed to no pal is not written, so set it before
   * anything else is sent.
   */
  setOwedCursor(agent: string, peer: PeerId, number: number): void;
  /** A peer is no pal any more: no agent owes it anything. */
  forgetOwed(peer: PeerId): void;
  /** RAM only: this process has it. The disk learns it with the `append` that carries it. */
  markSeen(entry: Remembered): void;
  /** From the window, also what was appended just now. The bytes are the caller's own. */
  payload(id: RumorId): Promise<Kept | undefined>;
  /** How many ids are remembered. */
  readonly seenCount: number;
  /** A node-wide value (not an agent's), for instance the address book. */
  readMeta(key: string): Promise<Uint8Array | undefined>;
  /** In the next group; kept through failed writes until it is on disk. `readMeta` shows it at once. An empty one is deleted. */
  writeMeta(key: string, value: Uint8Array): void;
  /**
   * Adds to the group that is written next. `done` is called in the order of the calls, once the group is on disk, or with
   * `HEARSAY_STORE_FAILED` when it could not be written; then nothing of that group is on disk. What was appended before the failure
   * was known fails with it, since it may build on what was lost; what is appended from `done` on is tried again.
   * How much waits is the caller's to bound, by the `done` that are missing. Of `changes`, what `saves` and `arrived` hold must not change until then.
   */
  append(changes: Changes, done: (error?: Error) => void): void;
  /** Resolves when everything appended so far is on disk or has failed. */
  flush(): Promise<void>;
  /** Flushes and closes. Safe to call twice. */
  close(): Promise<void>;
}
