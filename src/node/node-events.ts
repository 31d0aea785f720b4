/**
 * What happens to a node as a whole, counted by kind.
 */
import { Subject } from 'rxjs';
import type { Observable } from 'rxjs';
import type { HearsayError } from '../errors.ts';
import type { PeerId } from '../ids.ts';
import type { DownReason } from '../overlay/messages.ts';

/** Reasons are stable words. Nothing here holds a payload or a key. */
export type NodeEvent =
  | { readonly type: 'link-up'; readonly peer: PeerId; readonly dialled: boolean }
  | { readonly type: 'link-down'; readonly peer: PeerId; readonly reason: string }
  /** Who is at a bootstrap address; after the link to it is up, each time. */
  | { readonly type: 'bootstrapped'; readonly peer: PeerId; readonly address: string }
  /** A part of an address that was given means nothing here: the `/p2p/…` of a multiaddr. */
  | { readonly type: 'address-part-ignored'; readonly address: string; readonly part: string }
  /** A connection that was not let in. */
  | { readonly type: 'refused'; readonly reason: string; readonly host: string; readonly count: number }
  | { readonly type: 'dial-failed'; readonly peer: PeerId | undefined; readonly address: string; readonly error: HearsayError }
  /** A peer broke the protocol and was disconnected, or sent a record that is none. */
  | { readonly type: 'misbehaved'; readonly peer: PeerId; readonly reason: string; readonly count: number }
  /** Somebody added us, dropped us, or came back without its memory. */
  | { readonly type: 'pal-added' | 'pal-dropped' | 'pal-reset'; readonly peer: PeerId }
  /** A neighbour of an agent's topic came, or went: `displaced` or `evicted` for another, `left`, `lost` with its link, or because we are `leaving`. */
  | { readonly type: 'neighbor-up'; readonly topic: string; readonly peer: PeerId }
  | { readonly type: 'neighbor-down'; readonly topic: string; readonly peer: PeerId; readonly reason: DownReason }
  /** What a peer said of an overlay changed nothing. Most of it comes of crossing messages. */
  | { readonly type: 'ignored'; readonly peer: PeerId; readonly reason: string; readonly count: number }
  /** Facts were dropped: to a peer that reads too slowly, or that were owed for too long. */
  | { readonly type: 'dropped'; readonly peer: PeerId; readonly reason: string; readonly count: number }
  /** Something on disk was unusable and was left out. */
  | { readonly type: 'damaged'; readonly error: HearsayError };

type Counted = Extract<NodeEvent, { count: number }>;

/** Reasons counted apart (our choice: ours and those of `ws` are fewer than a hundred). What a transport of another make says beyond them is counted together. */
const MAX_REASONS = 1_000;

/** The stream behind `node.events$`. `count` is how often that reason occurred since the start. */
export class NodeEvents {
  readonly #events = new Subject<NodeEvent>();
  /** By kind and reason. */
  readonly #counts = new Map<string, number>();
  readonly stream: Observable<NodeEvent> = this.#events.asObservable();

  tell(event: NodeEvent): void {
    this.#events.next(event);
  }

  count(event: Omit<Extract<Counted, { type: 'refused' }>, 'count'> | Omit<Extract<Counted, { type: 'misbehaved' | 'dropped' | 'ignored' }>, 'count'>, more = 1): void {
    const own = `${event.type} ${event.reason}`;
    const key = this.#counts.has(own) || this.#counts.size < MAX_REASONS ? own : event.type;
    const count = (this.#counts.get(key) ?? 0) + more;
    this.#counts.set(key, count);
    this.#events.next({ ...event, count } as NodeEvent);
  }

  close(): void {
    this.#events.complete();
  }
}
