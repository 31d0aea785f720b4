/**
 * What one agent's events changed, on its way to disk, and what they send, held until it is there. In the order of the events.
 */
import type { Effect } from '../agent.ts';
import type { Limits } from '../limits.ts';
import type { Arrival, Changes, Remembered, Store, TimerChange } from '../store/store.ts';
import type { AgentInput } from './agent-input.ts';
import type { Receipt } from './session.ts';
import { and, NONE } from './transaction.ts';
import type { Transaction } from './transaction.ts';

/** An event that is over. What it sends leaves after the commit. */
export interface Ended {
  readonly event: AgentInput;
  readonly result: Transaction;
  readonly refused: string | undefined;
  readonly failure: Error | undefined;
  /** The agent's, when it happened. */
  readonly run: object;
}

/** An arrival that changed something. What it sends has left. */
export interface Arrived {
  readonly receipt: Receipt;
  /** The receipt's, when it came. */
  readonly count: number;
  /** Whether it saved anything. */
  readonly saves: boolean;
  readonly run: object;
}

/** Who hears of what is on disk, in the order of the events, or of the error with which it was lost, or worked on what was lost. */
export interface CommitsPort {
  ended(event: Ended, error: Error | undefined): void;
  arrived(arrival: Arrived, error: Error | undefined): void;
}

/** Facts of one watch up to that count, the last of which are copies of rumors. */
interface Copies {
  readonly receipt: Receipt;
  count: number;
}

/** What is appended at once, and all that waits for it. */
export interface Place {
  /** An arrival, the event that delivers it, or both. */
  arrived: Arrived | undefined;
  ended: Ended | undefined;
  /** Until they are appended. */
  changes: Required<Changes> | undefined;
  bytes: number;
  /** Events behind it that have nothing to write. */
  passing: readonly Ended[];
  /** Copies of rumors that came behind it. */
  copies: readonly Copies[];
}

export class Commits {
  readonly #agent: string;
  readonly #store: Store;
  readonly #limits: Limits;
  readonly #port: CommitsPort;
  /** What is not on disk, in order. */
  readonly #line: Place[] = [];
  /** How many of the line the store was given. Behind them stand arrivals that may be appended as one with their events. */
  #appended = 0;
  #bytes = 0;
  /** The last event's in the line, and how many events wait in it or behind one in it. */
  #lastEvent: Place | undefined;
  #events = 0;

  constructor(agent: string, store: Store, limits: Limits, port: CommitsPort) {
    this.#agent = agent;
    this.#store = store;
    this.#limits = limits;
    this.#port = port;
  }

  /** The disk is as far behind as the queue may be long (limits.maxQueuedEvents, limits.maxQueuedBytes). Each acknowledgement is a moment to ask again. */
  get isFull(): boolean {
    const { maxQueuedEvents, maxQueuedBytes } = this.#limits;
    return this.#events >= maxQueuedEvents || this.#line.length >= maxQueuedEvents || this.#bytes >= maxQueuedBytes;
  }

  /** Told of once it and all events before it are on disk; at once when none waits and there is nothing to write. */
  commit(ended: Ended): void {
    const { event, result, refused } = ended;
    if (event.arm === 'onAgent' && event.place?.changes !== undefined) return this.#commitWith(event.place, event.place.changes, event.changes?.remember, ended);
    const changes = this.#changes(event, result);
    // The very first event leaves its mark even when it changes nothing: the next start is no first one.
    const leavesMark = event.arm === 'onInit' && refused === undefined;
    if (leavesMark || !isNothing(changes)) {
      this.#events += 1;
      this.#lastEvent = this.#push(changes, undefined, ended);
      this.settle();
    } else if (this.#lastEvent === undefined) {
      this.#port.ended(ended, undefined);
    } else {
      this.#events += 1;
      this.#lastEvent.passing = and(this.#lastEvent.passing, ended);
    }
  }

  /** One append for the arrival and the event that delivers it. */
  #commitWith(place: Place, arrival: Required<Changes>, delivered: readonly Remembered[] | undefined, ended: Ended): void {
    const { saves, timers, remember, keep, arrived, owed } = this.#changes(undefined, ended.result);
    place.changes = {
      agent: this.#agent,
      saves: both(arrival.saves, saves),
      timers: both(arrival.timers, timers),
      remember: both(arrival.remember, remember),
      keep: both(arrival.keep, keep),
      arrived: both(without(arrival.arrived, delivered), arrived),
      owed: both(arrival.owed, owed),
    };
    this.#grow(place, place.changes);
    place.ended = ended;
    this.#events += 1;
    this.#lastEvent = place;
    this.#appendTo(place);
  }

  /**
   * What an arrival changed: in RAM at once, appended with the event that delivers it, or with {@link settle}.
   * When the disk is too far behind, what it remembers stands in RAM only: it is lost with the process, not before.
   */
  arrive(result: Transaction, arrived: Arrived): Place | undefined {
    for (const entry of result.remember) this.#store.markSeen(entry);
    const mayBeLost = result.saves.length + result.timers.length === 0 && result.arrived.length === 0;
    // It has its turn also when there is nothing to write; what is lost leaves it to the next one.
    return mayBeLost && this.isFull ? undefined : this.#push(this.#changes(undefined, result), arrived, undefined);
  }

  /** No event comes for now: what arrived is appended as it is. */
  settle(): void {
    const last = this.#line.at(-1);
    if (last !== undefined) this.#appendTo(last);
  }

  /** An arrival that changed nothing: receipted once all before it is on disk, and never when that was lost. At the limit it leaves it to the next one. */
  nothingArrived(receipt: Receipt, count: number = receipt.count): void {
    const behind = this.#line.at(-1);
    if (behind === undefined) return receipt.committed(count);
    const last = behind.copies.at(-1);
    // Copies come by the hundred in one frame, and the count of the last says it of all.
    if (last?.receipt === receipt) last.count = Math.max(last.count, count);
    else if (behind.copies.length < this.#limits.maxQueuedEvents) behind.copies = and(behind.copies, { receipt, count });
  }

  /**
   * What is delivered and can come again is on disk before its event, as not delivered, and its event says that it was. What cannot is
   * remembered with the event that delivers it, until then in RAM. Either way a crash in between loses neither.
   */
  #changes(event: AgentInput | undefined, { saves, timers, remember, keep, effects, arrived, owed }: Transaction): Required<Changes> {
    const carried = event?.arm === 'onAgent' ? event.changes : undefined;
    const fired: readonly TimerChange[] = event?.arm === 'onWake' ? [{ wire: event.wire, atMs: undefined }] : NONE;
    const waits = arrived.length === 0 && effects.some(isDelivery);
    if (waits) for (const entry of remember) this.#store.markSeen(entry);
    return {
      agent: this.#agent,
      saves,
      timers: both(fired, timers),
      remember: both(carried?.remember, waits ? NONE : remember),
      keep: both(carried?.keep, waits ? NONE : keep),
      arrived,
      owed,
    };
  }

  #push(changes: Required<Changes>, arrived: Arrived | undefined, ended: Ended | undefined): Place {
    const place: Place = { arrived, ended, changes, bytes: 0, passing: NONE, copies: NONE };
    this.#line.push(place);
    this.#grow(place, changes);
    return place;
  }

  #grow(place: Place, changes: Required<Changes>): void {
    const bytes = sizeOf(changes);
    this.#bytes += bytes - place.bytes;
    place.bytes = bytes;
  }

  /** In order, up to that one. */
  #appendTo(last: Place): void {
    for (let place: Place | undefined; place !== last && this.#appended < this.#line.length; ) {
      place = this.#line[this.#appended]!;
      const { changes } = place;
      place.changes = undefined;
      this.#appended += 1;
      this.#store.append(changes!, this.#acknowledged);
    }
  }

  /** The store's answer to the oldest append. */
  readonly #acknowledged = (error?: Error): void => {
    const place = this.#line.shift()!;
    const { ended, arrived, passing, copies } = place;
    this.#appended -= 1;
    this.#bytes -= place.bytes;
    if (this.#lastEvent === place) this.#lastEvent = undefined;
    this.#events -= passing.length + (ended === undefined ? 0 : 1);
    if (arrived !== undefined) this.#port.arrived(arrived, error);
    if (ended !== undefined) this.#port.ended(ended, error);
    for (const each of passing) this.#port.ended(each, error);
    if (error === undefined) for (const { receipt, count } of copies) receipt.committed(count);
  };
}

function isDelivery({ type }: Effect): boolean {
  return type === 'deliver';
}

/** Most of the time there is only one. */
function both<T>(first: readonly T[] = NONE, second: readonly T[]): readonly T[] {
  if (first.length === 0) return second;
  return second.length === 0 ? first : first.concat(second);
}

/** Arrivals but for those that are delivered. */
function without(arrivals: readonly Arrival[], delivered: readonly Remembered[] = NONE): readonly Arrival[] {
  return arrivals.filter((arrival) => !delivered.some(({ id }) => id === arrival.id));
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
