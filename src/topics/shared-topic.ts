/**
 * What all handles of a topic on one node share: the running agent, its neighbours, the messages that pass. Shell.
 */
import { repeat, Subject } from 'rxjs';
import type { Observable } from 'rxjs';
import type { Agent, Datum, Publication } from '../agent.ts';
import { HearsayError } from '../errors.ts';
import type { PeerId, RumorId } from '../ids.ts';
import type { Limits } from '../limits.ts';
import type { Message } from './message.ts';
import type { Published, TopicEvent } from './topic.ts';
import { KNOWN, MESSAGES, SAY, topicAgent } from './topic-agent.ts';
import type { Saying } from './topic-agent.ts';
import { WaitingRoom } from './waiting.ts';

/** What a topic needs of its running agent. */
export interface TopicApp {
  poke(mark: string, data: unknown): Promise<void>;
  watch(path: string): Observable<Datum>;
  readonly published$: Observable<{ readonly id: RumorId } & Publication>;
  close(): Promise<void>;
}

/** What topics ask of the node. */
export interface TopicsPort {
  readonly limits: Limits;
  /** A timer; the result cancels it. */
  after(delayMs: number, run: () => void): () => void;
  run(name: string, agent: Agent): Promise<TopicApp>;
  /** Who listens to that agent of ours. */
  listeners(name: string): readonly PeerId[];
  /** Tells who listens to it, and then of each change, until it ends. `kicked`: we ended it. */
  listen(name: string, on: { up(peer: PeerId): void; down(peer: PeerId, kicked: boolean): void }): void;
  /** Keeps links to these addresses; the result lets go of them. */
  contact(addresses: readonly string[]): () => void;
  /** How the link to a peer ended; `undefined` while there is one. */
  linkEnd(peer: PeerId): string | undefined;
}

/** What concerns all handles. */
export type SharedEvent = Extract<TopicEvent, { type: 'NeighborUp' | 'NeighborDown' }>;

export class SharedTopic {
  readonly name: string;
  readonly #port: TopicsPort;
  readonly #messages = new Subject<Message>();
  readonly #events = new Subject<SharedEvent>();
  readonly #holders = new Set<object>();
  readonly #waiting: WaitingRoom;
  /** Sayings that the agent was given and has not answered. */
  readonly #asked = new Map<RumorId, Publication | undefined>();
  readonly #under = new Set<Promise<unknown>>();
  /** Why the overlay has let go of those that still listen. */
  readonly #reasons = new Map<PeerId, string>();
  readonly #ready: Promise<TopicApp>;
  readonly #gone: (over: Promise<void>) => void;
  #app: TopicApp | undefined;
  #closing: Promise<void> | undefined;
  #wasJoined = false;

  /** @param after what has to end before the agent can start @param gone called when the last holder has let go, with the promise of its end */
  constructor(name: string, port: TopicsPort, after: Promise<void> | undefined, gone: (over: Promise<void>) => void) {
    this.name = name;
    this.#port = port;
    this.#waiting = new WaitingRoom(port);
    this.#gone = gone;
    this.#ready = this.#start(after);
    // Whoever joins is told.
    this.#ready.catch(() => undefined);
  }

  /** Every message that passes here, those of our own apps too. */
  get messages$(): Observable<Message> {
    return this.#messages;
  }

  get events$(): Observable<SharedEvent> {
    return this.#events;
  }

  /** Peers that listen to us. */
  get neighbors(): readonly PeerId[] {
    return this.#app === undefined ? [] : this.#port.listeners(this.name);
  }

  /** Whether there ever was a neighbour. */
  get wasJoined(): boolean {
    return this.#wasJoined;
  }

  get isClosed(): boolean {
    return this.#closing !== undefined;
  }

  /** The overlay has let go of a neighbour; it stops to listen over it. */
  neighborDown(peer: PeerId, reason: string): void {
    if (this.neighbors.includes(peer)) this.#reasons.set(peer, reason);
  }

  /** Keeps the topic from being left. */
  hold(holder: object): void {
    this.#holders.add(holder);
  }

  /** The last one to let go leaves it. Resolves once that is done. */
  release(holder: object): Promise<void> {
    if (!this.#holders.delete(holder) || this.#holders.size > 0) return Promise.resolve();
    return this.close();
  }

  /** Resolves when the agent runs. @throws what `node.run` throws */
  async ready(): Promise<void> {
    await this.#ready;
  }

  /** Leaves. What waits for a neighbour is not said; what the agent was given is waited for, limits.closeTimeoutMs at most. */
  close(): Promise<void> {
    if (this.#closing === undefined) {
      this.#closing = this.#close();
      this.#gone(this.#closing);
    }
    return this.#closing;
  }

  /** @param evenAlone said after the wait even if nobody is there: it is not its author who waits */
  say(saying: Saying, evenAlone = false): Promise<Published> {
    if (this.#closing !== undefined) return Promise.resolve(refused(saying, 'left'));
    if (this.#waiting.isEmpty && this.neighbors.length > 0) return this.#give(saying);
    return new Promise((resolve) => {
      const go = (): void => resolve(this.#give(saying));
      const giveUp = (reason: 'no-neighbor' | 'left'): void => (evenAlone && reason === 'no-neighbor' ? go() : resolve(refused(saying, reason)));
      if (!this.#waiting.add({ saying, go, giveUp })) resolve(refused(saying, 'overloaded'));
    });
  }

  async #start(after: Promise<void> | undefined): Promise<TopicApp> {
    await after;
    const app = await this.#port.run(this.name, topicAgent());
    app.published$.subscribe((published) => {
      if (this.#asked.has(published.id)) this.#asked.set(published.id, published);
    });
    // The agent kicks when it starts again after a failed commit, and refuses when it is gone.
    app.watch(MESSAGES).pipe(repeat()).subscribe({ next: ({ data }) => this.#messages.next(data as Message), error: () => undefined });
    this.#app = app;
    this.#port.listen(this.name, { up: (peer) => this.#up(peer), down: (peer, kicked) => this.#down(peer, kicked) });
    return app;
  }

  #up(peer: PeerId): void {
    this.#wasJoined = true;
    this.#reasons.delete(peer);
    this.#events.next({ type: 'NeighborUp', peer });
    this.#waiting.go();
  }

  #down(peer: PeerId, kicked: boolean): void {
    const reason = this.#reasons.get(peer) ?? (kicked ? 'kicked' : (this.#port.linkEnd(peer) ?? 'left'));
    this.#reasons.delete(peer);
    this.#events.next({ type: 'NeighborDown', peer, reason });
  }

  #give(saying: Saying): Promise<Published> {
    const given = this.#ask(saying);
    const over = given.catch(() => undefined).finally(() => this.#under.delete(over));
    this.#under.add(over);
    return given;
  }

  async #ask(saying: Saying): Promise<Published> {
    const { id } = saying;
    const app = this.#app ?? (await this.#ready);
    this.#asked.set(id, undefined);
    try {
      await app.poke(SAY, saying);
      const published = this.#asked.get(id);
      return published === undefined ? refused(saying, 'silent') : { id, accepted: true, sent: published.sent, refused: published.refused, passed: published.passed };
    } catch (error) {
      const reason = reasonOf(error);
      if (reason === undefined) throw error;
      return refused(saying, reason);
    } finally {
      this.#asked.delete(id);
    }
  }

  async #close(): Promise<void> {
    this.#waiting.giveUp();
    const app = await this.#ready.catch(() => undefined);
    if (this.#under.size > 0) await this.#settle();
    await app?.close();
    this.#messages.complete();
    this.#events.complete();
  }

  #settle(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#port.after(this.#port.limits.closeTimeoutMs, resolve);
      void Promise.all(this.#under).then(() => {
        cancel();
        resolve();
      });
    });
  }
}

/** What is not said. */
export function refused({ id }: Saying, reason: NonNullable<Published['reason']>): Published {
  return { id, accepted: false, reason, sent: [], refused: [], passed: false };
}

function reasonOf(error: unknown): Published['reason'] {
  if (!(error instanceof HearsayError)) return undefined;
  if (error.code === 'HEARSAY_REFUSED' && error.value === KNOWN) return 'known';
  if (error.code === 'HEARSAY_OVERLOADED') return 'overloaded';
  return error.code === 'HEARSAY_CLOSED' ? 'left' : undefined;
}
