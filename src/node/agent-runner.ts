/**
 * Runs one agent: its events one at a time, each one transaction. Shell.
 * What an event changed is committed together; what it sends leaves after the commit, in the order of the events.
 */
import { Subscription } from 'rxjs';
import type { Agent, Bowl, Effect, Effects, Emission, Report, Sign } from '../agent.ts';
import { HearsayError } from '../errors.ts';
import type { PeerId } from '../ids.ts';
import type { Limits } from '../limits.ts';
import type { AgentState, Store, TimerChange } from '../store/store.ts';
import { armOf, callArm, isRefusable, subscriberOf } from './agent-input.ts';
import type { AgentInput, Answer } from './agent-input.ts';
import { AgentTimers } from './agent-timers.ts';
import type { Clock } from './clock.ts';
import { effectList, isPromise, isStream } from './effects.ts';
import type { Stream } from './effects.ts';
import { Outbox } from './outbox.ts';
import type { Turn } from './outbox.ts';
import { SavedView } from './saved-view.ts';
import type { Subscriber } from './subscribers.ts';
import { NOTHING, transaction } from './transaction.ts';
import type { Outward, RumorChanges, Transaction } from './transaction.ts';

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
  /** The agent starts again: what it watched and who watched it is over. */
  restarted(): void;
}

/** Events handled before sockets and timers have their turn again (our choice: a few ms of work). */
const EVENTS_A_TURN = 256;
/** A disk that failed is not asked again at once (our choice). */
const RESTART_DELAY_MS = 1_000;

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
        if (effects !== undefined) return this.#performArrival(this.#checked(effectList(effects, this.name, 'onArrival')));
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
    const subscription = new Subscription();
    const end = (): void => {
      this.#streams.delete(end);
      subscription.unsubscribe();
    };
    this.#streams.add(end);
    const following = stream.subscribe({
      next: (emission) => {
        if (this.#streams.has(end)) this.enqueue({ arm: 'emission', of, emission, subscriber, src });
      },
      error: (error: unknown) => {
        if (this.#streams.delete(end)) this.#fail(of, src, error);
      },
      complete: () => this.#streams.delete(end),
    });
    subscription.add(following);
    subscriber?.onEnd(end);
  }

  #settle(event: AgentInput, emission: Emission): void {
    let result: Transaction;
    try {
      const effects = typeof emission === 'function' ? emission(this.#bowl(event.src)) : emission;
      result = this.#checked(effectList(effects, this.name, armOf(event)));
    } catch (error) {
      return this.#finishFailed(event, error);
    }
    this.#finish(event, result);
  }

  /** @throws HearsayError when it cannot be done whole */
  #checked(effects: readonly Effect[]): Transaction {
    const { maxSavedBytes, maxTimers } = this.#port.limits;
    const result = transaction(effects, this.#port.clock.now(), maxSavedBytes);
    this.#saved.check(result.saves);
    const added = result.timers.filter(({ wire, atMs }) => atMs !== undefined && !this.#timers.has(wire)).length;
    if (added > 0 && this.#timers.size + added > maxTimers) {
      throw new HearsayError('HEARSAY_OVERLOADED', { field: `${this.name}.wait`, rule: `to keep within limits.maxTimers (${maxTimers})`, value: this.#timers.size + added });
    }
    return result;
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
    this.#take(result);
    const refused = failure === undefined ? result.refused : 'failed';
    const release = (): void => {
      event.answer?.(refused, failure);
      this.#performAll(result, subscriberOf(event), false);
    };
    const run = this.#run;
    let turn: Turn | undefined;
    // The very first event leaves its mark even when it changes nothing: the next start is no first one.
    const mark = event.arm === 'onInit' && refused === undefined;
    const appended = this.#append(result, event, mark, (error) => {
      if (turn !== undefined) this.#outbox.done(turn, error === undefined ? release : () => event.answer?.('failed', error));
      if (error === undefined) this.#schedule();
      else if (run === this.#run) this.#restart(error);
    });
    if (appended) turn = this.#outbox.wait();
    else this.#outbox.pass(release);
  }

  /** Shows an event's changes in RAM. */
  #take({ saves, timers, remember }: Transaction): void {
    this.#saved.apply(saves);
    for (const { wire, atMs } of timers) this.#timers.set(wire, atMs);
    for (const entry of remember) this.#port.store.markSeen(entry);
  }

  /**
   * Appends what is to be committed, if there is any. What is remembered of a rumor commits with the event that delivers it,
   * so that a crash in between loses neither.
   */
  #append(result: Transaction, event: AgentInput | undefined, mark: boolean, done: (error?: Error) => void): boolean {
    const delivers = result.outward.some(({ type }) => type === 'deliver');
    const carried = event?.arm === 'onAgent' ? event.changes : undefined;
    const fired: readonly TimerChange[] = event?.arm === 'onWake' ? [{ wire: event.wire, atMs: undefined }] : [];
    const changes = {
      agent: this.name,
      saves: result.saves,
      timers: [...fired, ...result.timers],
      remember: [...(carried?.remember ?? []), ...(delivers ? [] : result.remember)],
      keep: [...(carried?.keep ?? []), ...(delivers ? [] : result.keep)],
    };
    if (!mark && changes.saves.length + changes.timers.length + changes.remember.length + changes.keep.length === 0) return false;
    this.#port.store.append(changes, done);
    return true;
  }

  /** After a failed commit the agent starts again from what is saved: what it holds in RAM may not be on disk. */
  #restart(cause: Error): void {
    this.#letGo();
    this.#port.restarted();
    this.#report('store-failed', { reason: cause.message, error: cause });
    const hold = {};
    this.#hold = hold;
    this.#port.clock.after(RESTART_DELAY_MS, () => this.#reload(hold));
  }

  #reload(hold: object): void {
    if (this.#hold !== hold) return;
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

  /** Relays at once. What is remembered goes with the first delivery, or commits by itself when nothing is delivered. */
  #performArrival(result: Transaction): void {
    this.#take(result);
    this.#performAll(result, undefined, true);
    const run = this.#run;
    this.#append(result, undefined, false, (error) => {
      // Of a lost mark of a relayed rumor nobody needs to know; of a lost save the agent does.
      if (error !== undefined && result.saves.length > 0 && run === this.#run) this.#restart(error);
    });
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
