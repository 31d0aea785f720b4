/**
 * One handle on a topic. RxJS at the edge.
 */
import { concat, defer, filter, from, map, merge, mergeMap, ReplaySubject, Subject, takeUntil } from 'rxjs';
import type { Observable, Subscription } from 'rxjs';
import { HearsayError } from '../errors.ts';
import type { PeerId } from '../ids.ts';
import type { Limits } from '../limits.ts';
import { again, idOf } from './message.ts';
import type { Content, Message } from './message.ts';
import type { CheckedJoin } from './options.ts';
import { Reader } from './reader.ts';
import type { TopicSubscription } from './reader.ts';
import type { SharedEvent, SharedTopic } from './shared-topic.ts';
import type { Published, Topic, TopicEvent } from './topic.ts';

export class TopicHandle implements Topic {
  readonly name: string;
  readonly maxMessageBytes: number;
  readonly messages$: Observable<Uint8Array>;
  readonly events$: Observable<TopicEvent>;
  readonly #shared: SharedTopic;
  readonly #limits: Limits;
  readonly #options: CheckedJoin;
  readonly #lagged = new Subject<TopicEvent>();
  /** Those who come too late are told, too. */
  readonly #left = new ReplaySubject<TopicEvent>(1);
  readonly #over: Subscription;
  readonly #letGo: () => void;
  #leaving: Promise<void> | undefined;

  /** @param letGo of what is this handle's alone */
  constructor(shared: SharedTopic, options: CheckedJoin, limits: Limits, letGo: () => void) {
    this.name = shared.name;
    this.maxMessageBytes = options.maxMessageBytes;
    this.#shared = shared;
    this.#limits = limits;
    this.#options = options;
    this.#letGo = letGo;
    this.messages$ = shared.messages$.pipe(filter(isForReaders), map(({ bytes }) => bytes), takeUntil(this.#left));
    // `Left` before the end: it comes from the very stream that ends the others.
    this.events$ = merge(defer(() => this.#happening()).pipe(takeUntil(this.#left)), this.#lagged, this.#left);
    this.#over = shared.events$.subscribe({ complete: () => void this.leave() });
  }

  get neighbors(): readonly PeerId[] {
    return this.#shared.neighbors;
  }

  async gossip(bytes: Uint8Array): Promise<Published> {
    this.#assertOpen();
    if (!(bytes instanceof Uint8Array)) throw new HearsayError('HEARSAY_BAD_DATA', { field: 'bytes', rule: 'to be a Uint8Array', value: typeof bytes });
    if (bytes.length > this.maxMessageBytes) {
      throw new HearsayError('HEARSAY_TOO_LARGE', { field: 'bytes', rule: `to be at most ${this.maxMessageBytes} bytes (maxMessageBytes)`, value: bytes });
    }
    // The caller may go on using his bytes.
    const own = bytes.slice();
    return this.#say(this.#options.repeat ? again(own) : { bytes: own, nonce: undefined }, this.#options.hops, true);
  }

  subscribe(): TopicSubscription {
    this.#assertOpen();
    const reader = this.#read(this.#shared.messages$, () => void this.#shared.release(reader));
    this.#shared.hold(reader);
    return reader;
  }

  /** It ends with this handle, and what came before can still be read. */
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return this.#read(this.passing$, () => undefined);
  }

  leave(): Promise<void> {
    this.#leaving ??= this.#leave();
    return this.#leaving;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.leave();
  }

  /** All that passes here, for bridges. Ends with this handle. */
  get passing$(): Observable<Message> {
    return this.#shared.messages$.pipe(takeUntil(this.#left));
  }

  /** Whether both are handles on the same topic of the same node. */
  sharesWith(other: TopicHandle): boolean {
    return this.#shared === other.#shared;
  }

  /** Says what was said elsewhere, after the wait even if nobody listens. @throws HearsayError `HEARSAY_TOO_LARGE` */
  bring(message: Message): Promise<Published> {
    return this.#say(message, Math.min(message.hops, this.#options.hops), message.ours, true);
  }

  #read(messages$: Observable<Message>, closed: () => void): Reader {
    const reader: Reader = new Reader(this.#limits, {
      lagged: (count) => this.#lagged.next({ type: 'Lagged', count, subscription: reader }),
      closed: () => {
        messages.unsubscribe();
        closed();
      },
    });
    const messages = messages$.pipe(filter(isForReaders)).subscribe({ next: ({ bytes }) => reader.give(bytes), complete: () => reader.end() });
    return reader;
  }

  #say(content: Content, hops: number, ours: boolean, evenAlone = false): Promise<Published> {
    const { bytes, nonce } = content;
    const id = idOf(this.name, content, this.#limits.maxPayloadBytes);
    return this.#shared.say({ id, message: { bytes, nonce, hops, ours } }, evenAlone);
  }

  /** What there is, then what changes. */
  #happening(): Observable<TopicEvent> {
    const { wasJoined, neighbors } = this.#shared;
    let joined = wasJoined;
    const now: TopicEvent[] = [...(joined ? [{ type: 'Joined' } as const] : []), ...neighbors.map((peer) => ({ type: 'NeighborUp', peer }) as const)];
    const withJoined = (event: SharedEvent): TopicEvent[] => {
      const first = !joined && event.type === 'NeighborUp';
      joined ||= first;
      return first ? [{ type: 'Joined' }, event] : [event];
    };
    return concat(from(now), this.#shared.events$.pipe(mergeMap(withJoined)));
  }

  async #leave(): Promise<void> {
    this.#left.next({ type: 'Left' });
    this.#left.complete();
    this.#lagged.complete();
    this.#over.unsubscribe();
    this.#letGo();
    await this.#shared.release(this);
  }

  #assertOpen(): void {
    if (this.#leaving !== undefined) throw new HearsayError('HEARSAY_CLOSED', { field: this.name, rule: 'to be joined', value: 'left' });
  }
}

function isForReaders({ ours }: Message): boolean {
  return !ours;
}
