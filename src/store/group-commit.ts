/**
 * Group commit: what is appended while a write runs is written together by the next one. No promise and no closure an entry.
 * Not here: what a write does.
 */
import { HearsayError } from '../errors.ts';
import { ID_RECORD_BYTES } from './packing.ts';
import type { Changes } from './store.ts';

export type Done = (error?: Error) => void;

/** What takes the changes of one group. */
export interface GroupContent {
  add(changes: Changes): void;
}

/** What one write puts on disk, or nothing of it. */
export interface Group<C extends GroupContent> {
  readonly content: C;
  readonly dones: Done[];
  /** Node-wide values by key. */
  readonly values: Map<string, Uint8Array>;
  /** Who waits for this group to be settled. */
  readonly waiting: (() => void)[];
  /** Whether it holds anything that was not tried before. */
  fresh: boolean;
  bytes: number;
}

/**
 * A group that holds this much is closed, and the next one opened. Our choice: a payload is read back by reading its group, and
 * groups of 150 KiB already reach 1.2 million entries a second (research, building blocks).
 */
const GROUP_BYTES: number = 256 * 1024;
/** What an entry counts beside its data, so that empty ones fill a group too. Our choice: 4,096 of them do. */
const ENTRY_BYTES = 64;

/** A value that can wait does so for fewer groups than this. Our choice: what a pal has is then a tenth of what is written, not a half; after a crash it is sent so much more again. */
const LATER_GROUPS = 16;

/**
 * The queue before the disk. It is as long as its callers let it be: each has a `done` to count.
 * After a failed write everything else that waits fails too, since it may build on what was lost; what comes later is tried again.
 */
export class GroupCommit<C extends GroupContent> {
  readonly #content: () => C;
  readonly #write: (group: Group<C>) => Promise<void>;
  /** Closed groups, oldest first. */
  #closed: Group<C>[] = [];
  #open: Group<C>;
  /** Values that can wait. */
  readonly #later = new Map<string, Uint8Array>();
  /** Groups since they were taken last. */
  #groups = 0;
  #writing: Group<C> | undefined;
  #running = false;

  /** @param content an empty one @param write puts a group on disk; one at a time, in order */
  constructor(content: () => C, write: (group: Group<C>) => Promise<void>) {
    this.#content = content;
    this.#write = write;
    this.#open = this.#empty();
  }

  append(changes: Changes, done: Done): void {
    const group = this.#open;
    group.content.add(changes);
    group.dones.push(done);
    this.#grow(group, sizeOf(changes));
  }

  /** Sets a node-wide value. It is kept through failures until it is on disk or replaced. */
  put(key: string, value: Uint8Array): void {
    this.#later.delete(key);
    this.#open.values.set(key, value);
    this.#grow(this.#open, ENTRY_BYTES + value.length);
  }

  /** The same for a value that is reason for no group of its own, and need not be in each: it goes with one of the next {@link LATER_GROUPS}, or a flush. */
  putLater(key: string, value: Uint8Array): void {
    this.#later.set(key, value);
  }

  /** A node-wide value that is not on disk yet. */
  pending(key: string): Uint8Array | undefined {
    const later = this.#later.get(key);
    if (later !== undefined) return later;
    for (const group of [this.#open, ...this.#closed.toReversed(), this.#writing]) {
      const value = group?.values.get(key);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  /** Resolves when everything so far is on disk or has failed. */
  flush(): Promise<void> {
    this.#takeLater(this.#open);
    if (this.#open.values.size > 0) this.#grow(this.#open, 0);
    const last = this.#open.fresh ? this.#open : (this.#closed.at(-1) ?? this.#writing);
    return last === undefined ? Promise.resolve() : new Promise((resolve) => last.waiting.push(resolve));
  }

  #empty(): Group<C> {
    return { content: this.#content(), dones: [], values: new Map(), waiting: [], fresh: false, bytes: 0 };
  }

  #grow(group: Group<C>, bytes: number): void {
    group.fresh = true;
    group.bytes += bytes;
    if (group.bytes >= GROUP_BYTES) {
      this.#closed.push(group);
      this.#open = this.#empty();
    }
    if (this.#running) return;
    this.#running = true;
    // The rest of this turn joins the group.
    setImmediate(() => void this.#run());
  }

  async #run(): Promise<void> {
    for (let group = this.#take(); group !== undefined; group = this.#take()) {
      this.#writing = group;
      this.#groups += 1;
      if (this.#groups >= LATER_GROUPS) this.#takeLater(group);
      const failure = await this.#write(group).then(() => undefined, asFailure);
      this.#writing = undefined;
      if (failure === undefined) settle(group);
      else this.#fail(group, failure.cause);
    }
    this.#running = false;
  }

  #take(): Group<C> | undefined {
    const closed = this.#closed.shift();
    if (closed !== undefined || !this.#open.fresh) return closed;
    const open = this.#open;
    this.#open = this.#empty();
    return open;
  }

  #takeLater({ values }: Group<C>): void {
    this.#groups = 0;
    for (const [key, value] of this.#later) values.set(key, value);
    this.#later.clear();
  }

  #fail(group: Group<C>, cause: unknown): void {
    const lost = [group, ...this.#closed, this.#open];
    this.#closed = [];
    this.#open = this.#empty();
    for (const { values } of lost) for (const [key, value] of values) this.#open.values.set(key, value);
    const count = lost.reduce((sum, { dones }) => sum + dones.length, 0);
    const error = new HearsayError('HEARSAY_STORE_FAILED', { field: 'store', rule: `to take ${count} events`, value: cause, cause });
    for (const each of lost) settle(each, error);
  }
}

function asFailure(cause: unknown): { readonly cause: unknown } {
  return { cause };
}

function settle(group: Group<GroupContent>, error?: Error): void {
  for (const done of group.dones) {
    try {
      done(error);
    } catch (thrown) {
      // Not ours to handle, and not the next one's to suffer from: it surfaces as an uncaught exception.
      queueMicrotask(() => {
        throw thrown;
      });
    }
  }
  for (const resolve of group.waiting) resolve();
}

function sizeOf({ saves, timers, remember, keep, arrived, owed }: Changes): number {
  let bytes = ENTRY_BYTES + ((timers?.length ?? 0) + (saves?.length ?? 0)) * ENTRY_BYTES + (remember?.length ?? 0) * ID_RECORD_BYTES + (owed?.length ?? 0) * 2 * ENTRY_BYTES;
  for (const save of saves ?? []) bytes += save.value?.length ?? 0;
  for (const { payload } of keep ?? []) bytes += ENTRY_BYTES + payload.length;
  for (const { data } of arrived ?? []) bytes += 2 * ENTRY_BYTES + data.length;
  return bytes;
}
