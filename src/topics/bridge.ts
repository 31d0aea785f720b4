/**
 * Bridges: what is said in one topic is said in another, too.
 * A loop of bridges ends by itself: a message that crosses is the same datum wherever it comes to, so that it is said once in each topic;
 * and each crossing takes one of its hops, so that one that is changed on its way ends, too.
 */
import { Subject } from 'rxjs';
import type { Observable } from 'rxjs';
import { HearsayError } from '../errors.ts';
import type { Message } from './message.ts';
import type { Published, Topic } from './topic.ts';
import { TopicHandle } from './topic-handle.ts';

/** What crosses, and as what. */
export interface BridgeOptions {
  /** Whether a message crosses. @defaultValue all do */
  readonly filter?: (bytes: Uint8Array) => boolean;
  /** What is said in its place. Where several bridges join the same topics they should all say the same. @defaultValue the message itself */
  readonly map?: (bytes: Uint8Array) => Uint8Array;
}

/** What becomes of a message at a bridge. One that the other topic has had already is not told. */
export type BridgeEvent =
  | { readonly type: 'Crossed'; readonly to: string; readonly published: Published }
  /** `no-hops`: it has come as far as its author allows. `too-large`: for the other handle's `maxMessageBytes`. `failed`: `filter` or `map` threw, or the disk failed; else as {@link Published}. */
  | { readonly type: 'Dropped'; readonly to: string; readonly reason: 'no-hops' | 'too-large' | 'failed' | NonNullable<Published['reason']>; readonly error?: unknown };

/** A standing bridge. It ends with either of its handles. */
export interface Bridge extends AsyncDisposable {
  /** Messages that crossed. */
  readonly crossed: number;
  /** Messages that were to cross and did not. */
  readonly dropped: number;
  readonly events$: Observable<BridgeEvent>;
  /** Ends it; the handles stay. Resolves once what crosses now is over. Twice is fine. */
  close(): Promise<void>;
}

/** Makes bridges. @throws HearsayError `HEARSAY_BAD_CONFIG` for what is no handle of `node.join`, and for a topic and itself */
export interface BridgeMaker {
  /** One way: what passes this node in `from`, its own messages too, is said in `to`. The two may be of different nodes. */
  (from: Topic, to: Topic, options?: BridgeOptions): Bridge;
  /** Both ways. */
  both(one: Topic, other: Topic, options?: { readonly there?: BridgeOptions; readonly back?: BridgeOptions }): Bridge;
}

type Way = readonly [from: TopicHandle, to: TopicHandle, options: BridgeOptions];

class StandingBridge implements Bridge {
  crossed = 0;
  dropped = 0;
  readonly #events = new Subject<BridgeEvent>();
  readonly events$: Observable<BridgeEvent> = this.#events.asObservable();
  readonly #under = new Set<Promise<void>>();
  readonly #stops: (() => void)[] = [];

  constructor(ways: readonly Way[]) {
    for (const [from, to, options] of ways) {
      const crossing = from.passing$.subscribe({ next: (message) => this.#carry(message, to, options), complete: () => void this.close() });
      const ending = to.passing$.subscribe({ complete: () => void this.close() });
      this.#stops.push(() => crossing.unsubscribe(), () => ending.unsubscribe());
    }
  }

  async close(): Promise<void> {
    for (const stop of this.#stops.splice(0)) stop();
    await Promise.all(this.#under);
    this.#events.complete();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #carry(message: Message, to: TopicHandle, options: BridgeOptions): void {
    const under = this.#cross(message, to, options)
      .catch((error: unknown): BridgeEvent => ({ type: 'Dropped', to: to.name, reason: 'failed', error }))
      .then((event) => {
        this.#under.delete(under);
        if (event !== undefined) this.#tell(event);
      });
    this.#under.add(under);
  }

  async #cross(message: Message, to: TopicHandle, { filter, map }: BridgeOptions): Promise<BridgeEvent | undefined> {
    if (filter?.(message.bytes) === false) return undefined;
    const drop = (reason: Extract<BridgeEvent, { type: 'Dropped' }>['reason']): BridgeEvent => ({ type: 'Dropped', to: to.name, reason });
    const hops = message.hops - 1;
    if (hops < 1) return drop('no-hops');
    const bytes = map === undefined ? message.bytes : checked(map(message.bytes));
    if (bytes.length > to.maxMessageBytes) return drop('too-large');
    const published = await to.bring({ ...message, bytes, hops });
    if (published.accepted) return { type: 'Crossed', to: to.name, published };
    return published.reason === undefined || published.reason === 'known' ? undefined : drop(published.reason);
  }

  #tell(event: BridgeEvent): void {
    if (event.type === 'Crossed') this.crossed += 1;
    else this.dropped += 1;
    this.#events.next(event);
  }
}

/** Joins topics. Keep the handles for as long as it stands. */
export const bridge: BridgeMaker = Object.assign((from: Topic, to: Topic, options: BridgeOptions = {}): Bridge => new StandingBridge([wayOf(from, to, options)]), {
  both: (one: Topic, other: Topic, { there = {}, back = {} }: { readonly there?: BridgeOptions; readonly back?: BridgeOptions } = {}): Bridge =>
    new StandingBridge([wayOf(one, other, there), wayOf(other, one, back)]),
});

function wayOf(from: Topic, to: Topic, options: BridgeOptions): Way {
  if (!(from instanceof TopicHandle)) throw notBridgeable('from', from);
  if (!(to instanceof TopicHandle) || to.sharesWith(from)) throw notBridgeable('to', to);
  return [from, to, options];
}

function notBridgeable(field: string, topic: Topic): HearsayError {
  return new HearsayError('HEARSAY_BAD_CONFIG', { field, rule: 'to be a topic of `node.join`, and another than the other end', value: topic?.name });
}

function checked(bytes: unknown): Uint8Array {
  if (bytes instanceof Uint8Array) return bytes;
  throw new HearsayError('HEARSAY_BAD_DATA', { field: 'map', rule: 'to give a Uint8Array', value: typeof bytes });
}
