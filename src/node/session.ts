/**
 * What two nodes have going with each other, seen from one of them: state only; the router decides.
 */
import type { Offered } from '../agent.ts';
import type { HearsayError } from '../errors.ts';
import type { Subscriber } from './subscribers.ts';

/** What the asker of a watch is told. Nothing more comes after `acked` with a refusal or after `kicked`. */
export interface Watcher {
  acked(refused: string | undefined): void;
  /** The payload is what stands in the message from `payloadAt` on. */
  fact(mark: string, message: Uint8Array, payloadAt: number, receipt: Receipt): void;
  /** The peer has a rumor for it. @returns whether it need not be given; then the receipt is told, as with a fact */
  offered(offered: Offered, receipt: Receipt): boolean;
  kicked(reason: string): void;
}

/** The facts of one watch on one link. They come in order, and are committed in order. */
export interface Receipt {
  /** So many have come; while one is handed over, it is its number. */
  readonly count: number;
  /** All up to that one are on disk, or are not to be. */
  committed(count: number): void;
}

/** Of what nobody waits for. */
export const NO_RECEIPT: Receipt = { count: 0, committed: () => undefined };

/** A watch of ours. */
export interface AskedWatch {
  readonly topic: string;
  readonly path: string;
  readonly watcher: Watcher;
  /** On this link. */
  answered: boolean;
  /** What came of it on this link; another object on each. */
  received: Received;
  /** What was offered on this link, and need not be given; likewise. */
  had: Had;
}

/** So many facts are acknowledged without waiting (our choice: a fortieth of what the other side keeps unacknowledged). */
const ACK_AT = 256;

/** No sender leaves more offers without an answer (owed-feed.ts): who does is not listened to until some are answered. */
export const MAX_UNANSWERED = 10_000;

/** Facts are acknowledged by their count, once they are on disk. One acknowledgement says as much as a hundred, so they wait for each other. */
export class Received implements Receipt {
  count = 0;
  #committed = 0;
  #acknowledged = 0;
  #isDue = false;
  readonly #due: ((isUrgent: boolean) => void) | undefined;

  /** @param due there is something to acknowledge: {@link take} it, at once or later. `undefined`: nobody waits for it */
  constructor(due: ((isUrgent: boolean) => void) | undefined) {
    this.#due = due;
  }

  committed(count: number): void {
    if (count <= this.#committed) return;
    this.#committed = count;
    const isUrgent = count - this.#acknowledged >= ACK_AT;
    if (this.#isDue && !isUrgent) return;
    this.#isDue = true;
    this.#due?.(isUrgent);
  }

  /** So many are acknowledged now. */
  take(): number {
    this.#isDue = false;
    this.#acknowledged = this.#committed;
    return this.#committed;
  }
}

/** Offers that need not be taken are answered by their numbers, once it is on disk that they need not. Those of a moment share an answer. */
export class Had implements Receipt {
  count = 0;
  /** Of those that are not answered yet, in order. */
  #numbers: number[] = [];
  #committed = 0;
  #taken = 0;
  readonly #due: (isUrgent: boolean) => void;

  /** @param due there is something to answer: {@link take} it, at once or later */
  constructor(due: (isUrgent: boolean) => void) {
    this.#due = due;
  }

  /** As many wait for their answers as may. */
  get isFull(): boolean {
    return this.#numbers.length >= MAX_UNANSWERED;
  }

  /** An offer comes, which is perhaps not to be taken. */
  push(number: number): void {
    this.#numbers.push(number);
    this.count += 1;
  }

  /** That offer is to be taken. */
  pop(): void {
    this.#numbers.pop();
    this.count -= 1;
  }

  committed(count: number): void {
    if (count <= this.#committed) return;
    this.#committed = count;
    this.#due(count - this.#taken >= ACK_AT);
  }

  /** The numbers of those that are answered now, at most so many. */
  take(most: number): readonly number[] {
    const taken = this.#numbers.splice(0, Math.min(this.#committed - this.#taken, most));
    this.#taken += taken.length;
    return taken;
  }
}

/** A poke of ours. */
export interface AskedPoke {
  /** Held back until there is a link; `undefined` once sent. */
  message: Uint8Array | undefined;
  readonly answer: (refused: string | undefined) => void;
  readonly cancel: () => void;
}

/** A question of ours whether the peer has settled. */
export interface AskedSettle {
  /** Once; later calls do nothing. */
  finish(error?: HearsayError): void;
  /** By the peer; our own events before the answer are still worked off. */
  answered: boolean;
}

/** Lives while there is a link or anything is open. */
export class Session {
  up = false;
  wanted = false;
  readonly watches: Map<number, AskedWatch> = new Map();
  readonly pokes: Map<number, AskedPoke> = new Map();
  /** Our questions whether the peer has settled, oldest first. */
  readonly settles: Map<number, AskedSettle> = new Map();
  readonly subscribers: Map<number, Subscriber> = new Map();
  /** What is to be acknowledged, by subscription. */
  readonly acks: Map<number, Received> = new Map();
  /** Offers that are to be answered, likewise. */
  readonly haves: Map<number, Had> = new Map();
  /** Calls off that it is done after a while. */
  ackLater: (() => void) | undefined;
  /** Watches of the peer that stand or are still to be answered, also those it left meanwhile: they wait in an agent's queue. */
  watchesServed = 0;
  /** Pokes of the peer that are still to be answered. */
  pokesServed = 0;
  /** Address records that came over this link. */
  records = 0;
  /** Peers that we asked for on this link. */
  finds = 0;
  /** The peer's last question whether we have settled. */
  settling: number | undefined;
  /** The events before a question are being worked off. */
  workingOff = false;
  /** Those before `settling` are done; only watches are still to be answered. */
  workedOff = false;
  #last: number;

  /** @param last the number before the first one; tests come near the end */
  constructor(last = 0) {
    this.#last = last;
  }

  /** A number for a question of ours that no open one has. After 2^32 - 1 comes 0. */
  number(): number {
    do this.#last = (this.#last + 1) >>> 0;
    while (this.watches.has(this.#last) || this.pokes.has(this.#last) || this.settles.has(this.#last));
    return this.#last;
  }

  /** They were sent, or the link is down. */
  forgetAcks(): void {
    this.acks.clear();
    this.haves.clear();
    this.ackLater?.();
    this.ackLater = undefined;
  }

  /** Nothing is open in either direction. */
  get isIdle(): boolean {
    return this.watches.size + this.pokes.size + this.settles.size + this.watchesServed + this.pokesServed === 0;
  }
}
