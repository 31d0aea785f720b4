/**
 * Who subscribes to an agent of ours: local agents, the app itself, and peers, all alike.
 */
import type { PeerId } from '../ids.ts';
import type { OfferedRumor, OutgoingFact } from './outgoing-fact.ts';
import type { OwedFeed } from './owed-feed.ts';

/** Why a fact was not given to a subscriber now. `owed`: it reads too slowly, and is given it when its link has room. */
export type Ungiven = 'slow-reader' | 'too-large' | 'owed';

/** Who was given a fact, and who was not. */
export interface Tally {
  readonly sent: PeerId[];
  readonly refused: { readonly peer: PeerId; readonly reason: Ungiven }[];
}

/** Where a subscriber's facts go. */
export interface Sink {
  /** @returns why it was not sent, if it was not */
  fact(fact: OutgoingFact): Ungiven | undefined;
  /** Offers a rumor under that number; without it everything is sent. @returns why it was not offered, if it was not */
  readonly offer?: (rumor: OfferedRumor, number: number) => Ungiven | undefined;
  /** Sends what was offered under that number. @returns as of a fact */
  readonly give?: (fact: OutgoingFact, number: number) => Ungiven | undefined;
  /** We ended it. */
  kicked(reason: string): void;
  /** A fact was not kept for it while its watch was being answered. */
  dropped(): void;
}

/** Facts kept for one subscriber while its watch is being answered (our choice; a watch is answered within a commit or two). */
const MAX_HELD_FACTS = 1_000;

/** One subscription. `waiting` while its onWatch runs and commits, then `open` until it ends. */
export class Subscriber {
  readonly peer: PeerId;
  readonly path: string;
  readonly #sink: Sink;
  #state: 'waiting' | 'open' | 'ended' = 'waiting';
  /** The number of what its agent had sent last when its watch came up. */
  since = 0;
  #held: OutgoingFact[] = [];
  #endings: ((kicked: boolean) => void)[] = [];
  /** Kicked or refused. */
  #kicked = false;
  /** The run of the agent that accepted it; only that one is told when it is lost. */
  acceptedBy: object | undefined;
  #feed: OwedFeed | undefined;

  constructor(peer: PeerId, path: string, sink: Sink) {
    this.peer = peer;
    this.path = path;
    this.#sink = sink;
  }

  get ended(): boolean {
    return this.#state === 'ended';
  }

  /** Gives a fact. `early` ones (relayed on receipt) are held while the watch is being answered; others belong to the time before it. */
  give(fact: OutgoingFact, early: boolean, tally?: Tally): void {
    if (this.#state === 'open') this.#tell(fact, tally);
    else if (this.#state !== 'waiting' || !early) return;
    else if (this.#held.length < MAX_HELD_FACTS) this.#held.push(fact);
    else this.#sink.dropped();
  }

  /** A fact that it has from elsewhere. */
  skip({ number }: OutgoingFact): void {
    if (number !== undefined) this.#feed?.skipped(number);
  }

  /** What it misses is kept for it. Before {@link open}. */
  owe(feed: OwedFeed): void {
    this.#feed = feed;
    this.onEnd(() => feed.end());
  }

  /** The peer has committed so many facts. */
  acknowledged(count: number): void {
    this.#feed?.acknowledged(count);
  }

  /** The link has room again. */
  drained(): void {
    this.#feed?.pump();
  }

  /** The peer wants what it was offered under that number. */
  wanted(offer: number): void {
    this.#feed?.wanted(offer);
  }

  /** The peer has what it was offered under those. */
  had(offers: readonly number[]): void {
    for (const offer of offers) this.#feed?.had(offer);
  }

  /** A fact from the log of what is owed. @param offer the number it was offered under, if it was. @returns `false` when the peer reads too slowly */
  resend(fact: OutgoingFact, offer?: number): boolean {
    const reason = offer === undefined || this.#sink.give === undefined ? this.#sink.fact(fact) : this.#sink.give(fact, offer);
    if (reason !== 'slow-reader') this.#feed?.sent(fact.number, reason === undefined);
    return reason !== 'slow-reader';
  }

  #tell(fact: OutgoingFact, tally: Tally | undefined): void {
    const reason = this.#send(fact);
    if (reason === undefined) tally?.sent.push(this.peer);
    else tally?.refused.push({ peer: this.peer, reason });
  }

  #send(fact: OutgoingFact): Ungiven | undefined {
    const feed = this.#feed;
    const owed = feed !== undefined && fact.number !== undefined;
    const admits = feed?.admits(fact.number) !== false;
    if (admits && feed !== undefined && this.#offer(fact, feed)) return undefined;
    const reason = admits ? this.#sink.fact(fact) : 'slow-reader';
    if (reason !== 'slow-reader') feed?.sent(fact.number, reason === undefined);
    else if (owed) feed.fellBehind();
    else this.#sink.dropped();
    return owed && reason === 'slow-reader' ? 'owed' : reason;
  }

  /** @returns whether it is offered: that is all for now */
  #offer(fact: OutgoingFact, feed: OwedFeed): boolean {
    const { number, offer: rumor } = fact;
    if (number === undefined || rumor === undefined || this.#sink.offer === undefined) return false;
    const offer = feed.offerOf(number);
    if (offer === undefined || this.#sink.offer(rumor, offer) !== undefined) return false;
    feed.offered(number);
    fact.isOffered = true;
    return true;
  }

  /** The watch was accepted: from now on it gets every fact. Does nothing when it ended meanwhile. */
  open(): void {
    if (this.#state !== 'waiting') return;
    this.#state = 'open';
    // Whoever gets the first may leave over it.
    for (const fact of this.#held.splice(0)) this.give(fact, true);
    this.#feed?.pump();
  }

  /** Ends it. With a reason the other side is told. Twice is fine. */
  end(kickReason?: string): void {
    this.#end(kickReason !== undefined, kickReason);
  }

  /** The watch was refused: nobody was there, so nobody is lost. */
  refuse(): void {
    this.#end(true, undefined);
  }

  #end(isOurDoing: boolean, kickReason: string | undefined): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#held = [];
    this.#kicked = isOurDoing;
    if (kickReason !== undefined) this.#sink.kicked(kickReason);
    for (const ending of this.#endings.splice(0)) ending(this.#kicked);
  }

  /** Calls `lost` once it ended without our having kicked it. */
  onLost(lost: () => void): void {
    this.onEnd((kicked) => {
      if (!kicked) lost();
    });
  }

  /** Calls `ending` once it ended, with whether we kicked it. */
  onEnd(ending: (kicked: boolean) => void): void {
    if (this.#state === 'ended') ending(this.#kicked);
    else this.#endings.push(ending);
  }
}

/** The subscribers of one agent, by path. */
export class Subscriptions {
  readonly #byPath = new Map<string, Set<Subscriber>>();

  add(subscriber: Subscriber): void {
    if (subscriber.ended) return;
    const { path } = subscriber;
    const set = this.#byPath.get(path) ?? new Set();
    this.#byPath.set(path, set.add(subscriber));
    subscriber.onEnd(() => {
      set.delete(subscriber);
      if (set.size === 0 && this.#byPath.get(path) === set) this.#byPath.delete(path);
    });
  }

  /** The peers that subscribe to a path, those whose watch is still being answered too. */
  peersOf(path: string): readonly PeerId[] {
    return [...new Set([...(this.#byPath.get(path) ?? [])].map(({ peer }) => peer))];
  }

  /** Gives a fact to all subscribers of the paths, each once: to those of `only`, if given, and not to the peer that told us. */
  give(paths: readonly string[], fact: OutgoingFact, { except, only }: { readonly except?: PeerId; readonly only?: readonly PeerId[] }, early: boolean, tally?: Tally): void {
    const chosen = only && new Set(only);
    for (const path of paths) {
      for (const subscriber of this.#byPath.get(path) ?? []) {
        if (subscriber.peer !== except && chosen?.has(subscriber.peer) !== false) subscriber.give(fact, early, tally);
        else subscriber.skip(fact);
      }
    }
  }

  /** Kicks one peer, or everybody, from the paths. */
  kick(paths: readonly string[], peer: PeerId | undefined, reason: string): void {
    for (const path of paths) {
      for (const subscriber of [...(this.#byPath.get(path) ?? [])]) {
        if (peer === undefined || subscriber.peer === peer) subscriber.end(reason);
      }
    }
  }

  /** Kicks everybody. */
  kickAll(reason: string): void {
    this.kick([...this.#byPath.keys()], undefined, reason);
  }
}
