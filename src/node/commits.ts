/**
 * What one agent's events changed, on its way to disk, and what they send, held until it is there. In the order of the events.
 */
import type { Limits } from '../limits.ts';
import type { Arrival, Changes, Remembered, Store, TimerChange } from '../store/store.ts';
import type { AgentInput } from './agent-input.ts';
import { Outbox } from './outbox.ts';
import type { Receipt } from './session.ts';
import { and, NONE } from './transaction.ts';
import type { Outward, Transaction } from './transaction.ts';

type Done = (error?: Error) => void;

/** Facts of one watch up to that count, the last of which are copies of rumors. */
interface Copies {
  readonly receipt: Receipt;
  count: number;
}

interface Behind {
  copies: readonly Copies[];
}

export class Commits {
  readonly #agent: string;
  readonly #store: Store;
  readonly #limits: Limits;
  readonly #outbox: Outbox = new Outbox();
  /** Appended and not acknowledged. */
  #unwritten = 0;
  #unwrittenBytes = 0;
  /** What waits for the last one appended: copies of rumors that came behind it. */
  #behindLast: Behind = { copies: NONE };
  #failures = 0;
  #lastFailure: Error | undefined;

  constructor(agent: string, store: Store, limits: Limits) {
    this.#agent = agent;
    this.#store = store;
    this.#limits = limits;
  }

  /** The disk is as far behind as the queue may be long (limits.maxQueuedEvents, limits.maxQueuedBytes). Each `done` is a moment to ask again. */
  get isFull(): boolean {
    const { maxQueuedEvents, maxQueuedBytes } = this.#limits;
    return this.#outbox.length >= maxQueuedEvents || this.#unwritten >= maxQueuedEvents || this.#unwrittenBytes >= maxQueuedBytes;
  }

  /**
   * Calls `done` once the event and all before it are on disk; at once when nobody waits and there is nothing to write.
   * With an error when it was lost, or worked on what was lost.
   */
  commit(event: AgentInput, result: Transaction, refused: string | undefined, done: Done): void {
    const changes = this.#changes(event, result);
    // The very first event leaves its mark even when it changes nothing: the next start is no first one.
    const leavesMark = event.arm === 'onInit' && refused === undefined;
    if (!leavesMark && isNothing(changes)) {
      const failures = this.#failures;
      return this.#outbox.pass(() => done(failures === this.#failures ? undefined : this.#lastFailure));
    }
    const turn = this.#outbox.wait();
    this.#append(changes, (error) => {
      if (error !== undefined) {
        this.#failures += 1;
        this.#lastFailure = error;
      }
      this.#outbox.done(turn, () => done(error));
    });
  }

  /** What an arrival changed. When the disk is too far behind, what it remembers stands in RAM only: it is lost with the process, not before. */
  arrived(result: Transaction, done: Done): void {
    const changes = this.#changes(undefined, result);
    const mayBeLost = result.saves.length + result.timers.length === 0 && result.arrived.length === 0;
    // `done` has its turn also when there is nothing to write; what is lost leaves it to the next one.
    if (!(mayBeLost && this.isFull)) this.#append(changes, done);
  }

  /** An arrival that changed nothing: receipted once all before it is on disk, and never when that was lost. At the limit it leaves it to the next one. */
  nothingArrived(receipt: Receipt): void {
    const { count } = receipt;
    if (this.#unwritten === 0) return receipt.committed(count);
    const behind = this.#behindLast;
    const last = behind.copies.at(-1);
    // Copies come by the hundred in one frame, and the count of the last says it of all.
    if (last?.receipt === receipt) last.count = count;
    else if (behind.copies.length < this.#limits.maxQueuedEvents) behind.copies = and(behind.copies, { receipt, count });
  }

  /**
   * What is delivered and can come again is on disk from now on, as not delivered, and its event says that it was. What cannot is
   * remembered with the event that delivers it. Either way a crash in between loses neither.
   */
  #changes(event: AgentInput | undefined, { saves, timers, remember, keep, outward, arrived, owed }: Transaction): Required<Changes> {
    const carried = event?.arm === 'onAgent' ? event.changes : undefined;
    const fired: readonly TimerChange[] = event?.arm === 'onWake' ? [{ wire: event.wire, atMs: undefined }] : NONE;
    const waits = arrived.length === 0 && outward.some(isDelivery);
    return {
      agent: this.#agent,
      saves,
      timers: both(fired, timers),
      remember: both(carried?.remember, waits ? NONE : yetToDeliver(remember, arrived)),
      keep: both(carried?.keep, waits ? NONE : keep),
      arrived,
      owed,
    };
  }

  #append(changes: Required<Changes>, done: Done): void {
    const bytes = sizeOf(changes);
    this.#unwritten += 1;
    this.#unwrittenBytes += bytes;
    const behind: Behind = { copies: NONE };
    this.#behindLast = behind;
    this.#store.append(changes, (error) => {
      this.#unwritten -= 1;
      this.#unwrittenBytes -= bytes;
      done(error);
      if (error === undefined) for (const { receipt, count } of behind.copies) receipt.committed(count);
    });
  }
}

function isDelivery({ type }: Outward): boolean {
  return type === 'deliver';
}

/** What arrived is remembered as not delivered. */
function yetToDeliver(remember: readonly Remembered[], arrived: readonly Arrival[]): readonly Remembered[] {
  if (arrived.length === 0) return remember;
  return remember.map((entry) => (entry.delivered && arrived.some(({ id }) => id === entry.id) ? { ...entry, delivered: false } : entry));
}

/** Most of the time there is only one. */
function both<T>(first: readonly T[] = NONE, second: readonly T[]): readonly T[] {
  if (first.length === 0) return second;
  return second.length === 0 ? first : [...first, ...second];
}

function isNothing({ saves, timers, remember, keep, owed }: Required<Changes>): boolean {
  return saves.length + timers.length + remember.length + keep.length + owed.length === 0;
}

function sizeOf({ saves, keep, arrived }: Required<Changes>): number {
  let bytes = 0;
  for (const { data } of arrived) bytes += data.length;
  for (const { value } of saves) bytes += value?.length ?? 0;
  for (const { payload } of keep) bytes += payload.length;
  return bytes;
}
