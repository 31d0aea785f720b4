/**
 * Runs one agent: its events one at a time, each one transaction. Shell.
 * What an event changed is committed together; what it sends leaves after the commit, in the order of the events.
 */
import { refuse } from '../agent.ts';
import type { Agent, Bowl, Datum, Effects, Emission, Report, Sign } from '../agent.ts';
import { HearsayError } from '../errors.ts';
import type { PeerId } from '../ids.ts';
import type { Limits } from '../limits.ts';
import type { AgentState, Store, TimerChange } from '../store/store.ts';
import { AgentTimers } from './agent-timers.ts';
import type { Clock } from './clock.ts';
import { effectList, isPromise, isStream } from './effects.ts';
import type { Stream } from './effects.ts';
import { Outbox } from './outbox.ts';
import { SavedView } from './saved-view.ts';
import type { Subscriber } from './subscribers.ts';
import { NOTHING, transaction } from './transaction.ts';
import type { Outward, RumorChanges, Transaction } from './transaction.ts';

/** Tells an asker how its event ended, once it is committed. */
export type Answer = (refused?: string, error?: Error) => void;

/** Something to be handed to an arm. */
export type AgentInput = { readonly src: PeerId; readonly answer?: Answer } & (
  | { readonly arm: 'onInit' | 'onLoad' }
  | { readonly arm: 'onPoke'; readonly datum: Datum }
  | { readonly arm: 'onWatch'; readonly path: string; readonly subscriber: Subscriber }
  | { readonly arm: 'onLeave'; readonly path: string }
  /** `changes` come from the arrival that this event delivers, and commit with it. */
  | { readonly arm: 'onAgent'; readonly wire: string; readonly sign: Sign; readonly bytes: number; readonly changes?: RumorChanges }
  | { readonly arm: 'onWake'; readonly wire: string }
  | { readonly arm: 'onFail'; readonly error: Error }
  /** One emission of an Observable that an arm returned. */
  | { readonly arm: 'emission'; readonly of: string; readonly emission: Emission; readonly subscriber: Subscriber | undefined }
  /** Calls no arm; its answer says that all events before it are done. */
  | { readonly arm: 'barrier' }
);

/** What the runner asks of the host. All calls are synchronous and do not throw. */
export interface RunnerPort {
  readonly our: PeerId;
  readonly clock: Clock;
  readonly store: Store;
  readonly limits: Limits;
  isAdmin(peer: PeerId): boolean;
  /** A watch is about to be answered; facts relayed on receipt are for it too from now on. */
  admit(subscriber: Subscriber): void;
  /** `answering`: whom facts without a path are for. `early`: relayed on receipt, ahead of events that still commit. */
  perform(effect: Exclude<Outward, { type: 'report' | 'deliver' }>, answering: Subscriber | undefined, early: boolean): void;
  report(report: Report): void;
}

/** Events handled before sockets and timers have their turn again (our choice: a few ms of work). */
const EVENTS_A_TURN = 256;

export class AgentRunner {
  readonly name: string;
  readonly agent: Agent;
  readonly #port: RunnerPort;
  readonly #queue: AgentInput[] = [];
  readonly #outbox: Outbox = new Outbox();
  readonly #timers: AgentTimers;
  readonly #streams = new Set<() => void>();
  #queuedBytes = 0;
  #refused = 0;
  #saved: SavedView;
  #run: object = {};
  /** Set while a promise (or a restart) holds the agent; another value means that the hold is over. */
  #hold: object | undefined;
  #scheduled = false;
  #stopped = false;

  constructor(name: string, agent: Agent, state: AgentState | undefined, port: RunnerPort) {
    this.name = name;
    this.agent = agent;
    this.#port = port;
    this.#timers = new AgentTimers(port.clock, (wire) => this.enqueue({ arm: 'onWake', wire, src: port.our }));
    this.#saved = new SavedView(state?.saved ?? new Map(), port.limits.maxSavedBytes);
  }

  /** Hands over the first event. `answer` tells whether the agent came up. */
  start(state: AgentState | undefined, answer?: Answer): void {
    this.#queue.unshift({ arm: state === undefined ? 'onInit' : 'onLoad', src: this.#port.our, ...(answer !== undefined && { answer }) });
    for (const [wire, atMs] of state?.timers ?? []) this.#timers.set(wire, atMs);
    this.#schedule();
  }

  /** Whether another rumor, poke or watch would be admitted. */
  get room(): boolean {
    const { maxQueuedEvents, maxQueuedBytes } = this.#port.limits;
    return !this.#stopped && this.#queue.length < maxQueuedEvents && this.#queuedBytes < maxQueuedBytes;
  }

  /** Queues an event. At the limit what may be refused is answered `overloaded` and counted. */
  enqueue(event: AgentInput): void {
    if (this.#stopped) return event.answer?.('failed', new HearsayError('HEARSAY_CLOSED', { field: this.name, rule: 'to be running', value: 'stopped' }));
    if (isRefusable(event, this.#port.our) && !this.room) return this.#refuseForRoom(event);
    this.#push(event);
  }

  #push(event: AgentInput): void {
    if (event.arm === 'onAgent') this.#queuedBytes += event.bytes;
    this.#queue.push(event);
    this.#schedule();
  }

  /** A fact from a peer, in the turn it came in: rumors are relayed here, before anything queues. */
  arrive(wire: string, sign: Sign, src: PeerId, bytes: number): void {
    if (this.agent.onArrival !== undefined && !this.#stopped) {
      try {
        const effects = this.agent.onArrival(wire, sign, this.#bowl(src));
        if (effects !== undefined) return this.#performArrival(transaction(effectList(effects, this.name, 'onArrival'), this.#port.clock.now()));
      } catch (error) {
        return this.#fail('onArrival', src, error);
      }
    }
    this.enqueue({ arm: 'onAgent', wire, sign, src, bytes });
  }

  peek(path: string): unknown {
    return this.agent.onPeek?.(path, this.#bowl(this.#port.our));
  }

  /** Stops for good: no further arm is called. What was committed stays. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#letGo();
    for (const event of this.#queue.splice(0)) event.answer?.('failed', new HearsayError('HEARSAY_CLOSED', { field: this.name, rule: 'to be running', value: 'stopped' }));
  }

  #letGo(): void {
    this.#run = {};
    this.#hold = undefined;
    this.#timers.cancelAll();
    for (const unsubscribe of [...this.#streams]) unsubscribe();
  }

  #refuseForRoom(event: AgentInput): void {
    this.#refused += 1;
    event.answer?.('overloaded', new HearsayError('HEARSAY_OVERLOADED', { field: this.name, rule: 'to have room in its queue (limits.maxQueuedEvents, limits.maxQueuedBytes)', value: this.#queue.length }));
  }

  #schedule(): void {
    if (this.#scheduled || this.#hold !== undefined || this.#stopped) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#drain();
    });
  }

  #drain(): void {
    for (let handled = 0; handled < EVENTS_A_TURN; handled += 1) {
      if (this.#stopped || this.#hold !== undefined || this.#outbox.length >= this.#port.limits.maxQueuedEvents) return;
      const event = this.#queue.shift();
      if (event === undefined) return this.#reportLag();
      if (event.arm === 'onAgent') this.#queuedBytes -= event.bytes;
      this.#handle(event);
    }
    this.#schedule();
  }

  /** Says how many were refused since the queue was last empty. */
  #reportLag(): void {
    if (this.#refused > 0) this.#report('lagged', { count: this.#refused, reason: 'queue full' });
    this.#refused = 0;
  }

  #handle(event: AgentInput): void {
    if (event.arm === 'onWatch') this.#port.admit(event.subscriber);
    let effects: Effects;
    try {
      effects = callArm(this.agent, event, this.#bowl(event.src));
    } catch (error) {
      return this.#finishFailed(event, error);
    }
    if (isPromise(effects)) return this.#holdFor(event, effects);
    if (!isStream(effects)) return this.#settle(event, effects);
    this.#finish(event, NOTHING);
    this.#follow(event, effects);
  }

  /** A promise holds the agent until it settles or `armTimeoutMs` passed; what it gives later is dropped. */
  #holdFor(event: AgentInput, promise: Promise<Emission>): void {
    const hold = {};
    this.#hold = hold;
    const { armTimeoutMs } = this.#port.limits;
    const over = (act: () => void): void => {
      cancel();
      if (this.#hold !== hold) return;
      this.#hold = undefined;
      act();
      this.#schedule();
    };
    const cancel = this.#port.clock.after(armTimeoutMs, () =>
      over(() => this.#finishFailed(event, new HearsayError('HEARSAY_TIMEOUT', { field: `${this.name}.${event.arm}`, rule: `to settle its promise within ${armTimeoutMs} ms`, value: 'pending' }))),
    );
    promise.then(
      (emission) => over(() => this.#settle(event, emission)),
      (error: unknown) => over(() => this.#finishFailed(event, error)),
    );
  }

  /** Each emission is an event of its own. It ends with the Observable, the agent, or the subscriber it was for. */
  #follow(event: AgentInput, stream: Stream): void {
    const of = armOf(event);
    const subscriber = subscriberOf(event);
    const { src } = event;
    const { maxTimers } = this.#port.limits;
    if (this.#streams.size >= maxTimers) {
      return this.#fail(of, src, new HearsayError('HEARSAY_OVERLOADED', { field: `${this.name}.${of}`, rule: 'to keep within limits.maxTimers open Observables', value: this.#streams.size }));
    }
    let subscription: { unsubscribe(): void } | undefined;
    const end = (): void => {
      this.#streams.delete(end);
      subscription?.unsubscribe();
    };
    this.#streams.add(end);
    subscription = stream.subscribe({
      next: (emission) => {
        if (this.#streams.has(end)) this.enqueue({ arm: 'emission', of, emission, subscriber, src });
      },
      error: (error: unknown) => {
        if (this.#streams.delete(end)) this.#fail(of, src, error);
      },
      complete: () => this.#streams.delete(end),
    });
    if (!this.#streams.has(end)) subscription.unsubscribe();
    subscriber?.onEnd(end);
  }

  #settle(event: AgentInput, emission: Emission): void {
    let result: Transaction;
    try {
      const effects = effectList(typeof emission === 'function' ? emission(this.#bowl(event.src)) : emission, this.name, armOf(event));
      result = transaction(effects, this.#port.clock.now());
      this.#saved.check(result.saves);
      this.#checkTimers(result.timers);
    } catch (error) {
      return this.#finishFailed(event, error);
    }
    this.#finish(event, result);
  }

  #checkTimers(changes: readonly TimerChange[]): void {
    const added = changes.filter(({ wire, atMs }) => atMs !== undefined && !this.#timers.has(wire)).length;
    const { maxTimers } = this.#port.limits;
    if (added > 0 && this.#timers.size + added > maxTimers) {
      throw new HearsayError('HEARSAY_OVERLOADED', { field: `${this.name}.wait`, rule: `to keep within limits.maxTimers (${maxTimers})`, value: this.#timers.size + added });
    }
  }

  /** A failed event counts as done: its effects are dropped, what it delivered stays delivered. */
  #finishFailed(event: AgentInput, error: unknown): void {
    const failure = this.#failure(armOf(event), error);
    this.#finish(event, NOTHING, failure);
    if (event.arm === 'onInit' || event.arm === 'onLoad') return;
    if (event.arm === 'onFail') this.#report('failed', { reason: failure.message, error: failure, peer: event.src });
    else this.#fail(armOf(event), event.src, failure);
  }

  #finish(event: AgentInput, result: Transaction, failure?: Error): void {
    const fired: readonly TimerChange[] = event.arm === 'onWake' ? [{ wire: event.wire, atMs: undefined }] : [];
    const timers = fired.length === 0 ? result.timers : [...fired, ...result.timers];
    this.#saved.apply(result.saves);
    for (const { wire, atMs } of result.timers) this.#timers.set(wire, atMs);
    for (const entry of result.remember) this.#port.store.markSeen(entry);
    // What is remembered of a rumor commits with the event that delivers it, so that a crash in between loses neither.
    const delivers = result.outward.some(({ type }) => type === 'deliver');
    const carried = event.arm === 'onAgent' ? event.changes : undefined;
    const changes = {
      agent: this.name,
      saves: result.saves,
      timers,
      remember: [...(carried?.remember ?? []), ...(delivers ? [] : result.remember)],
      keep: [...(carried?.keep ?? []), ...(delivers ? [] : result.keep)],
    };
    const refused = failure === undefined ? result.refused : 'failed';
    const release = (): void => {
      event.answer?.(refused, failure);
      this.#performAll(result, subscriberOf(event), false);
    };
    const first = (event.arm === 'onInit' || event.arm === 'onLoad') && refused === undefined;
    if (first || changes.saves.length + timers.length + changes.remember.length + changes.keep.length > 0) this.#commit(changes, event, release);
    else this.#outbox.pass(release);
  }

  #commit(changes: Parameters<Store['append']>[0], event: AgentInput, release: () => void): void {
    const turn = this.#outbox.wait();
    const run = this.#run;
    this.#port.store.append(changes, (error) => {
      this.#outbox.done(turn, error === undefined ? release : () => event.answer?.('failed', error));
      if (error === undefined) this.#schedule();
      else if (run === this.#run && !this.#stopped) this.#restart(error);
    });
  }

  /** After a failed commit the agent starts again from what is saved: what it holds in RAM may not be on disk. */
  #restart(cause: Error): void {
    this.#letGo();
    this.#report('store-failed', { reason: cause.message, error: cause });
    const hold = {};
    this.#hold = hold;
    this.#port.store.readAgent(this.name).then(
      (state) => {
        if (this.#hold !== hold) return;
        this.#hold = undefined;
        this.#saved = new SavedView(state?.saved ?? new Map(), this.#port.limits.maxSavedBytes);
        this.start(state);
      },
      (error: unknown) => {
        this.#report('stopped', { reason: 'what it saved cannot be read', error: this.#failure('onLoad', error) });
        this.stop();
      },
    );
  }

  /** What is remembered goes with the first delivery, or commits by itself when nothing is delivered. */
  #performArrival(result: Transaction): void {
    for (const entry of result.remember) this.#port.store.markSeen(entry);
    const { remember, keep, outward } = result;
    this.#performAll(result, undefined, true);
    if (remember.length + keep.length > 0 && !outward.some(({ type }) => type === 'deliver')) this.#port.store.append({ agent: this.name, remember, keep }, ignore);
  }

  #performAll({ outward, remember, keep }: Transaction, answering: Subscriber | undefined, early: boolean): void {
    let changes: RumorChanges | undefined = { remember, keep };
    for (const effect of outward) {
      if (effect.type === 'report') {
        this.#port.report(effect.report);
      } else if (effect.type === 'deliver') {
        const { wire, sign, src, bytes } = effect;
        this.#push({ arm: 'onAgent', wire, sign, src, bytes, ...(changes !== undefined && { changes }) });
        changes = undefined;
      } else {
        this.#port.perform(effect, answering, early);
      }
    }
  }

  #fail(arm: string, src: PeerId, error: unknown): void {
    const failure = this.#failure(arm, error);
    this.#report('failed', { reason: failure.message, error: failure, peer: src });
    if (this.agent.onFail !== undefined) this.enqueue({ arm: 'onFail', error: failure, src });
  }

  #failure(arm: string, error: unknown): HearsayError {
    if (error instanceof HearsayError) return error;
    const message = error instanceof Error ? error.message : String(error);
    return new HearsayError('HEARSAY_AGENT_FAILED', { field: `${this.name}.${arm}`, rule: 'to return effects', value: message, cause: error });
  }

  #report(name: string, event: { count?: number; reason?: string; error?: Error; peer?: PeerId }): void {
    this.#port.report({ type: 'event', event: { name, ...event } });
  }

  #bowl(src: PeerId): Bowl {
    const { our, clock, store, limits } = this.#port;
    return { our, src, now: clock.now(), agent: this.name, saved: this.#saved, admin: this.#port.isAdmin(src), run: this.#run, seen: (id) => store.seen(id), room: this.room, limits };
  }
}

function callArm(agent: Agent, event: AgentInput, bowl: Bowl): Effects {
  switch (event.arm) {
    case 'onInit':
    case 'onLoad':
      return agent[event.arm]?.(bowl);
    case 'onPoke':
      return agent.onPoke === undefined ? refuse('not-open') : agent.onPoke(event.datum, bowl);
    case 'onWatch':
    case 'onLeave':
      return agent[event.arm]?.(event.path, bowl);
    case 'onAgent':
      return agent.onAgent?.(event.wire, event.sign, bowl);
    case 'onWake':
      return agent.onWake?.(event.wire, bowl);
    case 'onFail':
      return agent.onFail?.(event.error, bowl);
    case 'emission':
      return event.emission;
    case 'barrier':
      return undefined;
  }
}

/** Answers to our own requests and facts of our own agents are bounded by what we asked for, and never dropped. */
function isRefusable(event: AgentInput, our: PeerId): boolean {
  if (event.arm === 'onAgent') return event.sign.type === 'fact' && event.src !== our;
  return event.arm === 'onPoke' || event.arm === 'onWatch' || event.arm === 'emission';
}

function armOf(event: AgentInput): string {
  return event.arm === 'emission' ? event.of : event.arm;
}

function subscriberOf(event: AgentInput): Subscriber | undefined {
  return event.arm === 'onWatch' || event.arm === 'emission' ? event.subscriber : undefined;
}

function ignore(): void {}
