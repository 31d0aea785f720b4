/**
 * Watches and pokes across links: what we asked of peers, and what they asked of us. Shell, but it touches no socket itself.
 * A watch is a wish that stands until it is refused, kicked or left: after a lost link it is asked again by itself.
 */
import { HearsayError } from '../errors.ts';
import type { PeerId } from '../ids.ts';
import type { Limits } from '../limits.ts';
import type { Clock } from './clock.ts';
import { decodeMessage, encodeMessage } from './messages.ts';
import type { Message } from './messages.ts';
import { Subscriber } from './subscribers.ts';
import type { OutgoingFact } from './subscribers.ts';

/** What the asker of a watch is told. Nothing more comes after `acked` with a refusal or after `kicked`. */
export interface Watcher {
  acked(refused: string | undefined): void;
  fact(mark: string, payload: Uint8Array): void;
  kicked(reason: string): void;
}

/** What the router asks of the node. */
export interface RouterPort {
  readonly clock: Clock;
  readonly limits: Limits;
  /** `false`: there is no link. */
  send(peer: PeerId, bytes: Uint8Array): boolean;
  /** Past its buffer bound: rumors to it are not sent. */
  congested(peer: PeerId): boolean;
  /** There is something for that peer: keep a link to it, or no more. */
  want(peer: PeerId, wanted: boolean): void;
  /** The peer broke the protocol. */
  misbehaved(peer: PeerId, reason: string): void;
  /** A fact was not sent because the peer reads too slowly. */
  dropped(peer: PeerId): void;
  watched(topic: string, subscriber: Subscriber, answer: (refused?: string) => void): void;
  poked(topic: string, src: PeerId, mark: string, payload: Uint8Array, answer: (refused?: string) => void): void;
  record(peer: PeerId, record: Uint8Array): void;
  /** Calls back once all events that wait now are done. */
  barrier(done: () => void): void;
}

interface Watch {
  readonly topic: string;
  readonly path: string;
  readonly watcher: Watcher;
  answered: boolean;
}

interface Poke {
  /** Held back until there is a link; `undefined` once sent. */
  message: Uint8Array | undefined;
  readonly answer: (refused: string | undefined) => void;
  readonly cancel: () => void;
}

interface Session {
  up: boolean;
  wanted: boolean;
  next: number;
  readonly watches: Map<number, Watch>;
  readonly pokes: Map<number, Poke>;
  readonly subscribers: Map<number, Subscriber>;
  /** The peer waits until our watches on it are answered; `ready` once the events before its question are done. */
  settling: { readonly number: number; ready: boolean } | undefined;
  readonly settled: Map<number, () => void>;
}

export class Router {
  readonly #port: RouterPort;
  readonly #sessions = new Map<PeerId, Session>();

  constructor(port: RouterPort) {
    this.#port = port;
  }

  /** Subscribes; the result ends it. */
  watch(peer: PeerId, topic: string, path: string, watcher: Watcher): () => void {
    const session = this.#session(peer);
    const sub = this.#number(session);
    session.watches.set(sub, { topic, path, watcher, answered: false });
    this.#tidy(peer, session);
    if (session.up) this.#send(peer, { type: 'Watch', sub, topic, path });
    return () => {
      if (!session.watches.delete(sub)) return;
      this.#send(peer, { type: 'Leave', sub });
      this.#checkSettling(peer, session);
      this.#tidy(peer, session);
    };
  }

  /** One command. `answer` is called once: accepted (`undefined`), or why not; `unreachable` when there was no link or no answer in time. */
  poke(peer: PeerId, topic: string, mark: string, payload: Uint8Array, answer: (refused: string | undefined) => void): void {
    const session = this.#session(peer);
    const { maxPendingPokes, pokeTimeoutMs } = this.#port.limits;
    if (session.pokes.size >= maxPendingPokes) return answer('overloaded');
    const number = this.#number(session);
    const cancel = this.#port.clock.after(pokeTimeoutMs, () => this.#pokeAnswered(peer, session, number, 'unreachable'));
    const poke: Poke = { message: encodeMessage({ type: 'Poke', number, topic, mark, payload }), answer, cancel };
    session.pokes.set(number, poke);
    this.#tidy(peer, session);
    if (session.up) this.#sendPoke(peer, poke);
  }

  /** Sends our address record. */
  record(peer: PeerId, record: Uint8Array): void {
    this.#send(peer, { type: 'Record', record });
  }

  /** Calls back when the peer has worked off what we said so far and the watches of both sides on each other are answered. Bounded by pokeTimeoutMs. */
  settle(peer: PeerId, done: (error?: HearsayError) => void): void {
    const session = this.#session(peer);
    const number = this.#number(session);
    const { pokeTimeoutMs } = this.#port.limits;
    const finish = (error?: HearsayError): void => {
      if (!session.settled.delete(number)) return;
      cancel();
      done(error);
      this.#tidy(peer, session);
    };
    const cancel = this.#port.clock.after(pokeTimeoutMs, () =>
      finish(new HearsayError('HEARSAY_TIMEOUT', { field: 'peer', rule: `to answer within limits.pokeTimeoutMs (${pokeTimeoutMs} ms)`, value: peer })),
    );
    session.settled.set(number, () => this.#port.barrier(() => finish()));
    this.#port.barrier(() => this.#send(peer, { type: 'Settle', number }));
  }

  /** Pokes go first: a gesture among them may be what lets our watches in. Twice is fine. */
  linkUp(peer: PeerId): void {
    const session = this.#session(peer);
    if (session.up) return;
    session.up = true;
    for (const poke of [...session.pokes.values()]) this.#sendPoke(peer, poke);
    for (const [sub, { topic, path }] of session.watches) this.#send(peer, { type: 'Watch', sub, topic, path });
  }

  /** What the peer had from us ends; our watches stand and are asked again; pokes on their way are answered `unreachable`. */
  linkDown(peer: PeerId): void {
    const session = this.#sessions.get(peer);
    if (session === undefined) return;
    session.up = false;
    session.settling = undefined;
    for (const watch of session.watches.values()) watch.answered = false;
    for (const subscriber of [...session.subscribers.values()]) subscriber.end();
    for (const [number, poke] of [...session.pokes]) {
      if (poke.message === undefined) this.#pokeAnswered(peer, session, number, 'unreachable');
    }
    this.#tidy(peer, session);
  }

  /** One message of a peer. Never throws. */
  received(peer: PeerId, bytes: Uint8Array): void {
    const decoded = decodeMessage(bytes);
    if (!decoded.ok) return this.#port.misbehaved(peer, decoded.reason);
    const session = this.#session(peer);
    this.#received(peer, session, decoded.message);
  }

  /** Ends everything without telling anybody; the links are closing. */
  close(): void {
    for (const [peer, session] of this.#sessions) {
      session.watches.clear();
      this.linkDown(peer);
      for (const number of [...session.pokes.keys()]) this.#pokeAnswered(peer, session, number, 'unreachable');
      for (const done of [...session.settled.values()]) done();
    }
    this.#sessions.clear();
  }

  #received(peer: PeerId, session: Session, message: Message): void {
    switch (message.type) {
      case 'Watch':
        return this.#onWatch(peer, session, message);
      case 'WatchAck':
        return this.#onWatchAck(peer, session, message.sub, message.refused);
      case 'Fact':
        return session.watches.get(message.sub)?.watcher.fact(message.mark, message.payload);
      case 'Kick':
        return this.#onKick(peer, session, message.sub, message.reason);
      case 'Leave':
        return session.subscribers.get(message.sub)?.end();
      case 'Poke':
        return this.#port.poked(message.topic, peer, message.mark, message.payload, (refused) => this.#send(peer, { type: 'PokeAck', number: message.number, refused: refused ?? '' }));
      case 'PokeAck':
        return this.#pokeAnswered(peer, session, message.number, message.refused === '' ? undefined : message.refused);
      case 'Record':
        return this.#port.record(peer, message.record);
      case 'Settle':
        return this.#onSettle(peer, session, message.number);
      case 'Settled':
        return session.settled.get(message.number)?.();
    }
  }

  #onWatch(peer: PeerId, session: Session, { sub, topic, path }: Extract<Message, { type: 'Watch' }>): void {
    if (session.subscribers.has(sub)) return this.#port.misbehaved(peer, 'subscription-number-in-use');
    if (session.subscribers.size >= this.#port.limits.maxWatchesPerPeer) return this.#send(peer, { type: 'WatchAck', sub, refused: 'overloaded' });
    const subscriber = new Subscriber(peer, path, {
      fact: (fact) => this.#sendFact(peer, sub, fact),
      kicked: (reason) => this.#send(peer, { type: 'Kick', sub, reason }),
    });
    session.subscribers.set(sub, subscriber);
    subscriber.onEnd(() => {
      if (session.subscribers.get(sub) === subscriber) session.subscribers.delete(sub);
      this.#tidy(peer, session);
    });
    this.#port.watched(topic, subscriber, (refused) => {
      if (subscriber.ended) return;
      this.#send(peer, { type: 'WatchAck', sub, refused: refused ?? '' });
      if (refused === undefined) subscriber.open();
      else subscriber.end();
    });
  }

  #sendFact(peer: PeerId, sub: number, fact: OutgoingFact): void {
    if (this.#port.congested(peer)) return this.#port.dropped(peer);
    this.#send(peer, { type: 'Fact', sub, mark: fact.mark, payload: fact.payload });
  }

  #onWatchAck(peer: PeerId, session: Session, sub: number, refused: string): void {
    const watch = session.watches.get(sub);
    if (watch === undefined || watch.answered) return;
    watch.answered = true;
    if (refused !== '') session.watches.delete(sub);
    watch.watcher.acked(refused === '' ? undefined : refused);
    this.#checkSettling(peer, session);
    this.#tidy(peer, session);
  }

  #onKick(peer: PeerId, session: Session, sub: number, reason: string): void {
    const watch = session.watches.get(sub);
    if (watch === undefined) return;
    session.watches.delete(sub);
    watch.watcher.kicked(reason);
    this.#checkSettling(peer, session);
    this.#tidy(peer, session);
  }

  #onSettle(peer: PeerId, session: Session, number: number): void {
    if (session.settling !== undefined) return this.#port.misbehaved(peer, 'settle-in-progress');
    const settling = { number, ready: false };
    session.settling = settling;
    this.#port.barrier(() => {
      settling.ready = true;
      this.#checkSettling(peer, session);
    });
  }

  #checkSettling(peer: PeerId, session: Session): void {
    const { settling } = session;
    if (settling?.ready !== true || [...session.watches.values()].some(({ answered }) => !answered)) return;
    session.settling = undefined;
    this.#send(peer, { type: 'Settled', number: settling.number });
  }

  #pokeAnswered(peer: PeerId, session: Session, number: number, refused: string | undefined): void {
    const poke = session.pokes.get(number);
    if (poke === undefined) return;
    session.pokes.delete(number);
    poke.cancel();
    poke.answer(refused);
    this.#tidy(peer, session);
  }

  #sendPoke(peer: PeerId, poke: Poke): void {
    const { message } = poke;
    if (message === undefined) return;
    poke.message = undefined;
    if (!this.#port.send(peer, message)) poke.message = message;
  }

  #send(peer: PeerId, message: Message): void {
    this.#port.send(peer, encodeMessage(message));
  }

  #number(session: Session): number {
    session.next = (session.next + 1) >>> 0;
    return session.next;
  }

  #session(peer: PeerId): Session {
    let session = this.#sessions.get(peer);
    if (session === undefined) {
      session = { up: false, wanted: false, next: 0, watches: new Map(), pokes: new Map(), subscribers: new Map(), settling: undefined, settled: new Map() };
      this.#sessions.set(peer, session);
    }
    return session;
  }

  /** Wants a link while something is asked of the peer; forgets the session when nothing is left of it. */
  #tidy(peer: PeerId, session: Session): void {
    const wanted = session.watches.size + session.pokes.size > 0;
    if (wanted !== session.wanted) {
      session.wanted = wanted;
      this.#port.want(peer, wanted);
    }
    if (!wanted && !session.up && session.subscribers.size + session.settled.size === 0 && this.#sessions.get(peer) === session) this.#sessions.delete(peer);
  }
}
