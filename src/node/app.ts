/**
 * What the app holds of its running agent: pokes, reads, and streams of what happens. RxJS at the edge.
 */
import { Observable, ReplaySubject, Subject } from 'rxjs';
import type { Agent, AgentEvent, Datum, Publication, Report, Rumor } from '../agent.ts';
import { HearsayError } from '../errors.ts';
import type { MarkInput, MarkOf, MarkOutput, MarkSchemas, UnknownDatum } from '../marks/define-marks.ts';
import type { GossipConfig } from '../wrapper/config.ts';
import type { SchemasOf } from '../wrapper/with-gossip.ts';
import type { Host } from './host.ts';

/** A running agent. `close()` stops it; what it saved stays. `await using` closes it too. */
export interface App extends AsyncDisposable {
  readonly name: string;
  /**
   * Gives the agent a command. Resolves once what it changed is committed.
   * @throws HearsayError `HEARSAY_REFUSED`, `HEARSAY_OVERLOADED`, `HEARSAY_CLOSED`, or what the arm threw (`HEARSAY_AGENT_FAILED` with the cause)
   */
  poke(mark: string, data?: unknown): Promise<void>;
  /** Reads: what the agent's `onPeek` gives for the path. */
  peek(path: string): unknown;
  /** Subscribes to a path of the agent; completes when kicked, fails with `HEARSAY_REFUSED` when refused. */
  watch(path: string): Observable<Datum>;
  /** What went wrong or is worth knowing: `failed`, `lagged`, `config-differs`, `bad-rumor`, … */
  readonly events$: Observable<AgentEvent>;
  close(): Promise<void>;
}

/** What was heard, by the marks' schemas: one case per mark, and `gossip-unknown`. */
export type HeardRumor<S extends MarkSchemas> = { [M in MarkOf<S>]: Rumor<M, MarkOutput<S, M>> }[MarkOf<S>] | Rumor<'gossip-unknown', UnknownDatum>;
/** What was published, as it was given, and what became of it at once. */
export type PublishedRumor<S extends MarkSchemas> = { [M in MarkOf<S>]: Rumor<M, MarkInput<S, M>> & Publication }[MarkOf<S>];

/** A running agent under `withGossip`. The streams are hot: only what happens after subscribing. */
export interface GossipApp<S extends MarkSchemas = MarkSchemas> extends App {
  /** What the agent published, and to whom it went. `hops`: left at our subscribers. */
  readonly published$: Observable<PublishedRumor<S>>;
  /** What was handed to the agent, each datum once. `hops`: left at us. */
  readonly received$: Observable<HeardRumor<S>>;
  /** What was passed on for others. */
  readonly relayed$: Observable<HeardRumor<S>>;
  /** The config in effect; replays the last one. */
  readonly config$: Observable<GossipConfig>;
}

/** What `run` gives for an agent. */
export type AppOf<A extends Agent> = SchemasOf<A> extends infer S extends MarkSchemas ? GossipApp<S> : App;

/** The object behind both; the streams of an agent without gossip just stay silent. */
export class RunningApp implements App {
  readonly name: string;
  readonly #host: Host;
  readonly #events = new Subject<AgentEvent>();
  readonly #rumors = { published: new Subject<Rumor & Publication>(), received: new Subject<Rumor>(), relayed: new Subject<Rumor>() };
  readonly #config = new ReplaySubject<GossipConfig>(1);
  readonly events$: Observable<AgentEvent> = this.#events.asObservable();
  readonly published$: Observable<Rumor & Publication> = this.#rumors.published.asObservable();
  readonly received$: Observable<Rumor> = this.#rumors.received.asObservable();
  readonly relayed$: Observable<Rumor> = this.#rumors.relayed.asObservable();
  readonly config$: Observable<GossipConfig> = this.#config.asObservable();
  readonly #closed: () => void;
  #open = true;
  #takes = true;

  /** @param closed called once when the app is closed */
  constructor(name: string, host: Host, closed: () => void) {
    this.name = name;
    this.#host = host;
    this.#closed = closed;
  }

  poke(mark: string, data?: unknown): Promise<void> {
    if (!this.#open || !this.#takes) return Promise.reject(closed(this.name));
    return this.#host.poke(this.name, mark, data);
  }

  peek(path: string): unknown {
    if (!this.#open) throw closed(this.name);
    return this.#host.peek(this.name, path);
  }

  watch(path: string): Observable<Datum> {
    return new Observable((subscriber) =>
      this.#host.watch(this.name, path, {
        acked: (refused, error) => {
          if (refused !== undefined) subscriber.error(error ?? new HearsayError('HEARSAY_REFUSED', { field: path, rule: 'to be open for watching', value: refused }));
        },
        fact: (mark, data) => subscriber.next({ mark, data }),
        kicked: () => subscriber.complete(),
      }),
    );
  }

  /** What the host passes on. A subscriber that throws is RxJS's to report; it does not reach the agent. */
  report(report: Report): void {
    switch (report.type) {
      case 'published':
        return this.#rumors.published.next(report.rumor);
      case 'received':
      case 'relayed':
        return this.#rumors[report.type].next(report.rumor);
      case 'config':
        return this.#config.next(report.config as GossipConfig);
      case 'event':
        return this.#events.next(report.event);
    }
  }

  /** Takes no pokes any more; those it took go on. */
  refuse(): void {
    this.#takes = false;
  }

  close(): Promise<void> {
    if (this.#open) {
      this.#open = false;
      this.#host.stop(this.name);
      for (const subject of [this.#events, this.#config, ...Object.values(this.#rumors)]) subject.complete();
      this.#closed();
    }
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function closed(name: string): HearsayError {
  return new HearsayError('HEARSAY_CLOSED', { field: name, rule: 'to be running', value: 'closed' });
}
