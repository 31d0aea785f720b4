/**
 * Watches and pokes across links: what we asked of peers, and what they asked of us. Shell, but it touches no socket itself.
 * A watch is a wish that stands until it is refused, kicked or left: after a lost link it is asked again by itself.
 */
import { HearsayError } from '../errors.ts';
import type { PeerId } from '../ids.ts';
import type { Limits } from '../limits.ts';
import { GOSSIP_RUMOR } from '../wrapper/rumor.ts';
import { GOSSIP_UPGRADE } from '../wrapper/upgrade.ts';
import { Acknowledging } from './acknowledging.ts';
import type { Clock } from './clock.ts';
import { decodeMessage, encodeMessage, GIVE_PAYLOAD_AT, readFact } from './messages.ts';
import type { FactHead, Message } from './messages.ts';
import { Offering } from './offering.ts';
import { PeerSink } from './peer-sink.ts';
import type { LinkPort } from './peer-sink.ts';
import { Session } from './session.ts';
import type { AskedPoke, Watcher } from './session.ts';
import { Settling } from './settling.ts';
import { Subscriber } from './subscribers.ts';

/** What the router asks of the node. */
export interface RouterPort extends LinkPort {
  readonly clock: Clock;
  readonly limits: Limits;
  /** There is something for that peer: keep a link to it, or no more. Said again with each new thing while there is no link. */
  want(peer: PeerId, wanted: boolean): void;
  /** The peer broke the protocol. */
  misbehaved(peer: PeerId, reason: string): void;
  watched(topic: string, subscriber: Subscriber, answer: (refused?: string) => void): void;
  poked(topic: string, src: PeerId, mark: string, payload: Uint8Array, answer: (refused?: string) => void): void;
  record(peer: PeerId, record: Uint8Array): void;
  overlay(peer: PeerId, topic: string, payload: Uint8Array): void;
  /** The peer asks where another one is. */
  find(peer: PeerId, sought: PeerId): void;
  /** Calls back once all events that wait now are done. */
  barrier(done: () => void): void;
}

/** Address records taken of one peer on one link, beside those we asked for (our choice: one at connect, and one a day or for each change of addresses). Each costs a signature. */
const MAX_RECORDS_PER_LINK = 1_000;

export class Router {
  readonly #port: RouterPort;
  readonly #sessions = new Map<PeerId, Session>();
  /** Of the Fact being read. */
  readonly #head: FactHead = { sub: 0, mark: '', payloadAt: 0 };
  readonly #offering: Offering;
  readonly #acknowledging: Acknowledging;
  readonly #settling: Settling;
  #closed = false;

  constructor(port: RouterPort) {
    this.#port = port;
    const send = (peer: PeerId, message: Message): void => this.#send(peer, message);
    this.#offering = new Offering({ clock: port.clock, session: (peer) => this.#sessions.get(peer), send });
    this.#acknowledging = new Acknowledging(port.clock, send);
    this.#settling = new Settling({ clock: port.clock, limits: port.limits, barrier: (done) => port.barrier(done), send, settled: (peer, session) => this.#tidy(peer, session) });
  }

  /** Subscribes; the result ends it. */
  watch(peer: PeerId, topic: string, path: string, watcher: Watcher): () => void {
    if (this.#closed) return () => undefined;
    const session = this.#session(peer);
    const sub = session.number();
    session.watches.set(sub, { topic, path, watcher, answered: false, ...this.#acknowledging.begin(peer, session, sub, path) });
    this.#wants(peer, session);
    if (session.up) this.#send(peer, { type: 'Watch', sub, topic, path });
    return () => {
      if (!session.watches.delete(sub)) return;
      this.#send(peer, { type: 'Leave', sub });
      this.#settling.check(peer, session);
      this.#tidy(peer, session);
    };
  }

  /** One command. `answer` is called once: accepted (`undefined`), or why not; `unreachable` when there was no link or no answer in time. */
  poke(peer: PeerId, topic: string, mark: string, payload: Uint8Array, answer: (refused: string | undefined) => void): void {
    if (this.#closed) return answer('unreachable');
    const session = this.#session(peer);
    const { maxPendingPokes, pokeTimeoutMs } = this.#port.limits;
    if (session.pokes.size >= maxPendingPokes) return answer('overloaded');
    const number = session.number();
    const cancel = this.#port.clock.after(pokeTimeoutMs, () => this.#pokeAnswered(peer, session, number, 'unreachable'));
    const poke: AskedPoke = { message: encodeMessage({ type: 'Poke', number, topic, mark, payload }), answer, cancel };
    session.pokes.set(number, poke);
    this.#wants(peer, session);
    if (session.up) this.#sendPoke(peer, poke);
  }

  /** Sends an address record: ours, or that of somebody the peer asked for. */
  record(peer: PeerId, record: Uint8Array): void {
    this.#send(peer, { type: 'Record', record });
  }

  /** Asks a peer where another one is. The answer, if there is one, is a record. */
  find(peer: PeerId, sought: PeerId): void {
    const session = this.#sessions.get(peer);
    if (session?.up !== true) return;
    session.finds += 1;
    this.#send(peer, { type: 'Find', peer: sought });
  }

  /** Whether the peer has anything of us: a watch that stands, or a poke that is to be answered. */
  serves(peer: PeerId): boolean {
    const session = this.#sessions.get(peer);
    return session !== undefined && session.watchesServed + session.pokesServed > 0;
  }

  /**
   * Calls back when the peer has worked off what we said so far and the watches of both sides on each other are answered.
   * With `HEARSAY_TIMEOUT` after pokeTimeoutMs, with `HEARSAY_CLOSED` when the node closes.
   */
  settle(peer: PeerId, done: (error?: HearsayError) => void): void {
    if (this.#closed) done(closed());
    else this.#settling.ask(peer, this.#session(peer), done);
  }

  /** Pokes go first: a gesture among them may be what lets our watches in. Twice is fine. */
  linkUp(peer: PeerId): void {
    if (this.#closed) return;
    const session = this.#session(peer);
    if (session.up) return;
    session.up = true;
    for (const poke of [...session.pokes.values()]) this.#sendPoke(peer, poke);
    for (const [sub, watch] of session.watches) {
      Object.assign(watch, this.#acknowledging.begin(peer, session, sub, watch.path));
      this.#send(peer, { type: 'Watch', sub, topic: watch.topic, path: watch.path });
    }
  }

  /** What the peer had from us ends; our watches stand and are asked again; pokes on their way are answered `unreachable`. */
  linkDown(peer: PeerId): void {
    const session = this.#sessions.get(peer);
    if (session === undefined) return;
    session.up = false;
    session.settling = undefined;
    session.forgetAcks();
    session.records = 0;
    session.finds = 0;
    this.#offering.linkDown(peer);
    for (const watch of session.watches.values()) watch.answered = false;
    for (const subscriber of [...session.subscribers.values()]) subscriber.end();
    for (const [number, poke] of [...session.pokes]) {
      if (poke.message === undefined) this.#pokeAnswered(peer, session, number, 'unreachable');
    }
    this.#tidy(peer, session);
  }

  /** One message of a peer. Never throws. */
  received(peer: PeerId, bytes: Uint8Array): void {
    if (this.#closed) return;
    if (readFact(bytes, this.#head)) return this.#onFact(peer, this.#sessions.get(peer), bytes);
    const decoded = decodeMessage(bytes);
    if (!decoded.ok) return this.#port.misbehaved(peer, decoded.reason);
    const session = this.#session(peer);
    this.#received(peer, session, decoded.message, bytes);
  }

  /** Ends everything without telling anybody; the links are closing. */
  close(): void {
    this.#closed = true;
    this.#offering.close();
    for (const [peer, session] of [...this.#sessions]) {
      session.watches.clear();
      this.linkDown(peer);
      for (const number of [...session.pokes.keys()]) this.#pokeAnswered(peer, session, number, 'unreachable');
      for (const { finish } of [...session.settles.values()]) finish(closed());
    }
    this.#sessions.clear();
  }

  #received(peer: PeerId, session: Session, message: Message, bytes: Uint8Array): void {
    switch (message.type) {
      case 'Watch':
        return this.#onWatch(peer, session, message);
      case 'WatchAck':
        return this.#onWatchAck(peer, session, message.sub, message.refused);
      case 'Fact':
        return; // Those were read before.
      case 'Kick':
        return this.#onKick(peer, session, message.sub, message.reason);
      case 'Poke':
        return this.#onPoke(peer, session, message);
      case 'PokeAck':
        return this.#pokeAnswered(peer, session, message.number, message.refused === '' ? undefined : message.refused);
      case 'Record':
        return this.#onRecord(peer, session, message.record);
      case 'Settle':
        return this.#settling.asked(peer, session, message.number);
      case 'Settled':
        return this.#settling.answered(session, message.number);
      case 'Overlay':
        return this.#port.overlay(peer, message.topic, message.payload);
      case 'Find':
        return this.#port.find(peer, message.peer);
      case 'Offer':
        return this.#offering.offered(peer, session, message);
      case 'Give':
        return this.#onGive(peer, session, message, bytes);
      case 'Leave':
      case 'Ack':
      case 'Want':
      case 'Have':
        return this.#onSubscriber(session.subscribers.get(message.sub), message);
    }
  }

  /** What one who watches us says of its subscription. */
  #onSubscriber(subscriber: Subscriber | undefined, message: Extract<Message, { type: 'Leave' | 'Ack' | 'Want' | 'Have' }>): void {
    switch (message.type) {
      case 'Leave':
        return subscriber?.end();
      case 'Ack':
        return subscriber?.acknowledged(message.count);
      case 'Want':
        return subscriber?.wanted(message.number);
      case 'Have':
        return subscriber?.had(message.numbers);
    }
  }

  #onWatch(peer: PeerId, session: Session, { sub, topic, path }: Extract<Message, { type: 'Watch' }>): void {
    if (session.subscribers.has(sub)) return this.#port.misbehaved(peer, 'subscription-number-in-use');
    if (session.watchesServed >= this.#port.limits.maxWatchesPerPeer) return this.#send(peer, { type: 'WatchAck', sub, refused: 'overloaded' });
    const subscriber = new Subscriber(peer, path, new PeerSink(peer, sub, this.#port, () => this.#closed));
    session.subscribers.set(sub, subscriber);
    session.watchesServed += 1;
    let open = 2;
    const over = (): void => {
      open -= 1;
      if (open === 0) session.watchesServed -= 1;
      this.#tidy(peer, session);
    };
    subscriber.onEnd(() => {
      if (session.subscribers.get(sub) === subscriber) session.subscribers.delete(sub);
      over();
    });
    this.#port.watched(topic, subscriber, (refused) => {
      if (!subscriber.ended) {
        this.#send(peer, { type: 'WatchAck', sub, refused: refused ?? '' });
        if (refused === undefined) subscriber.open();
        else subscriber.refuse();
      }
      over();
    });
  }

  /** A peer that waits for more answers than we would wait for is told so before its poke reaches an agent's queue. */
  #onPoke(peer: PeerId, session: Session, { number, topic, mark, payload }: Extract<Message, { type: 'Poke' }>): void {
    if (session.pokesServed >= this.#port.limits.maxPendingPokes) return this.#send(peer, { type: 'PokeAck', number, refused: 'overloaded' });
    session.pokesServed += 1;
    this.#port.poked(topic, peer, mark, payload, (refused) => {
      session.pokesServed -= 1;
      this.#send(peer, { type: 'PokeAck', number, refused: refused ?? '' });
      this.#tidy(peer, session);
    });
  }

  #onRecord(peer: PeerId, session: Session, record: Uint8Array): void {
    session.records += 1;
    if (session.records > MAX_RECORDS_PER_LINK + session.finds) this.#port.misbehaved(peer, 'too-many-records');
    else this.#port.record(peer, record);
  }

  /** The link to the peer has room again. */
  drained(peer: PeerId): void {
    for (const subscriber of [...(this.#sessions.get(peer)?.subscribers.values() ?? [])]) subscriber.drained();
  }

  #onFact(peer: PeerId, session: Session | undefined, bytes: Uint8Array): void {
    const { sub, mark, payloadAt } = this.#head;
    const watch = session?.watches.get(sub);
    if (watch === undefined) return;
    const { received } = watch;
    received.count += 1;
    if (mark === GOSSIP_UPGRADE && this.#offering.upgraded(peer, sub, bytes.subarray(payloadAt))) return;
    watch.watcher.fact(mark, bytes, payloadAt, received);
  }

  /** A Fact that we asked for. */
  #onGive(peer: PeerId, session: Session, { sub, number }: Extract<Message, { type: 'Give' }>, bytes: Uint8Array): void {
    const watch = session.watches.get(sub);
    if (watch !== undefined) {
      watch.received.count += 1;
      watch.watcher.fact(GOSSIP_RUMOR, bytes, GIVE_PAYLOAD_AT, watch.received);
    }
    this.#offering.given(peer, sub, number);
  }

  #onWatchAck(peer: PeerId, session: Session, sub: number, refused: string): void {
    const watch = session.watches.get(sub);
    if (watch === undefined || watch.answered) return;
    watch.answered = true;
    if (refused !== '') session.watches.delete(sub);
    watch.watcher.acked(refused === '' ? undefined : refused);
    this.#settling.check(peer, session);
    this.#tidy(peer, session);
  }

  #onKick(peer: PeerId, session: Session, sub: number, reason: string): void {
    const watch = session.watches.get(sub);
    if (watch === undefined) return;
    session.watches.delete(sub);
    watch.watcher.kicked(reason);
    this.#settling.check(peer, session);
    this.#tidy(peer, session);
  }

  #pokeAnswered(peer: PeerId, session: Session, number: number, refused: string | undefined): void {
    const poke = session.pokes.get(number);
    if (poke === undefined) return;
    session.pokes.delete(number);
    poke.cancel();
    poke.answer(refused);
    this.#tidy(peer, session);
  }

  #sendPoke(peer: PeerId, poke: AskedPoke): void {
    const { message } = poke;
    if (message === undefined) return;
    poke.message = undefined;
    if (!this.#port.send(peer, message)) poke.message = message;
  }

  #send(peer: PeerId, message: Message): void {
    if (!this.#closed) this.#port.send(peer, encodeMessage(message));
  }

  #session(peer: PeerId): Session {
    let session = this.#sessions.get(peer);
    if (session === undefined) {
      session = new Session();
      this.#sessions.set(peer, session);
    }
    return session;
  }

  /** There is something new for the peer. One that became warm is dialled again for it. */
  #wants(peer: PeerId, session: Session): void {
    if (session.wanted && session.up) return;
    session.wanted = true;
    this.#port.want(peer, true);
  }

  /** Wants a link no more when nothing is asked of the peer; forgets the session when nothing is left of it. */
  #tidy(peer: PeerId, session: Session): void {
    const wanted = session.watches.size + session.pokes.size > 0;
    if (!wanted && session.wanted) {
      session.wanted = false;
      this.#port.want(peer, false);
    }
    if (session.isIdle && !session.up && this.#sessions.get(peer) === session) this.#sessions.delete(peer);
  }
}

function closed(): HearsayError {
  return new HearsayError('HEARSAY_CLOSED', { field: 'node', rule: 'to be open', value: 'closed' });
}
