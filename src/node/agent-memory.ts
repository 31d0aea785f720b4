/**
 * What one agent keeps: saved values and timers, in RAM at once and on its way to disk.
 */
import type { Emission, Deferred } from '../agent.ts';
import type { PeerId } from '../ids.ts';
import type { Limits } from '../limits.ts';
import { isReserved } from '../marks/paths.ts';
import type { AgentState, Store } from '../store/store.ts';
import { overloaded } from './agent-errors.ts';
import { AgentTimers } from './agent-timers.ts';
import type { Clock } from './clock.ts';
import { Commits } from './commits.ts';
import type { Arrived, CommitsPort, Ended, Place } from './commits.ts';
import { effectList } from './effects.ts';
import { SavedView } from './saved-view.ts';
import type { Receipt } from './session.ts';
import { and, isOwed, transaction } from './transaction.ts';
import type { Transaction } from './transaction.ts';

export interface MemoryPort {
  readonly our: PeerId;
  readonly clock: Clock;
  readonly store: Store;
  readonly limits: Limits;
}

export class AgentMemory {
  readonly #name: string;
  readonly #port: MemoryPort;
  readonly #timers: AgentTimers;
  readonly #commits: Commits;
  #saved: SavedView;

  /** @param fire a timer is due; ask {@link wake} when its turn comes @param commits who hears of what is on disk */
  constructor(name: string, state: AgentState | undefined, port: MemoryPort, fire: (wire: string) => void, commits: CommitsPort) {
    const { clock, store, limits } = port;
    this.#name = name;
    this.#port = port;
    this.#timers = new AgentTimers(clock, fire);
    this.#commits = new Commits(name, store, limits, commits);
    this.#saved = new SavedView(state?.saved ?? new Map(), limits.maxSavedBytes);
  }

  get saved(): ReadonlyMap<string, unknown> {
    return this.#saved;
  }

  /** Whether the disk is too far behind for another event. */
  get isFull(): boolean {
    return this.#commits.isFull;
  }

  /**
   * What an event's effects come to. What wrappers keep is theirs to bound, so that their own effects never undo an event that was checked without them.
   * @param from who brought what it remembers
   * @throws HearsayError when it cannot be done whole
   */
  checked(emission: Exclude<Emission, Deferred>, arm: string, from?: PeerId): Transaction {
    const { maxSavedBytes, maxTimers } = this.#port.limits;
    const result = transaction(effectList(emission, this.#name, arm), this.#port.clock, maxSavedBytes, from);
    if (result.saves.length > 0) this.#saved.check(result.saves);
    if (result.timers.length === 0) return result;
    const added = result.timers.filter(({ wire, atMs }) => atMs !== undefined && this.#timers.isNew(wire)).length;
    if (added === 0 || this.#timers.size + added <= maxTimers) return result;
    throw overloaded(`${this.#name}.wait`, `to keep within limits.maxTimers (${maxTimers})`, this.#timers.size + added);
  }

  /** Numbers what an event is about to send and pals are owed. */
  owing(result: Transaction): void {
    for (const effect of result.effects) {
      if (!isOwed(effect)) continue;
      const { rumor: id, owedHops: hops, except } = effect;
      result.owed = and(result.owed, this.#port.store.owe(this.#name, except === undefined ? { id, hops } : { id, hops, except }));
    }
  }

  /** Shows an event's changes at once, and commits it: see {@link Commits.commit}. */
  commit(ended: Ended): void {
    this.#take(ended.result);
    this.#commits.commit(ended);
  }

  /** The same for an arrival: see {@link Commits.arrive}. */
  arrive(result: Transaction, arrived: Arrived): Place | undefined {
    this.#take(result);
    return this.#commits.arrive(result, arrived);
  }

  /** See {@link Commits.settle}. */
  settle(): void {
    this.#commits.settle();
  }

  #take({ saves, timers }: Transaction): void {
    if (saves.length > 0) this.#saved.apply(saves);
    for (const { wire, atMs } of timers) this.#timers.set(wire, atMs);
  }

  /** Nothing changed: receipted in its turn. */
  nothingArrived(receipt: Receipt, count?: number): void {
    this.#commits.nothingArrived(receipt, count);
  }

  /** Sets the timers that were on disk. @returns with `hold`, which of the agent's own are overdue, in order; those wait for {@link fire} */
  startTimers(state: AgentState | undefined, hold: boolean): readonly string[] {
    const nowMs = this.#port.clock.now();
    const overdue = new Map<string, number>();
    for (const [wire, atMs] of state?.timers ?? []) {
      if (hold && atMs <= nowMs && !isReserved(wire)) overdue.set(wire, atMs);
      else this.#timers.set(wire, atMs);
    }
    for (const wire of overdue.keys()) this.#timers.overdue(wire);
    return [...overdue].sort(([, a], [, b]) => a - b).map(([wire]) => wire);
  }

  /** An overdue timer's turn has come. */
  fire(wire: string): void {
    this.#timers.fire(wire);
  }

  stopTimers(): void {
    this.#timers.cancelAll();
  }

  /** A timer that fired is about to wake the agent. `false`: it was replaced or cancelled meanwhile. */
  wake(wire: string): boolean {
    return this.#timers.wake(wire);
  }

  /** Forgets what is in RAM for what is on disk. */
  reload(state: AgentState | undefined): void {
    this.#saved = new SavedView(state?.saved ?? new Map(), this.#port.limits.maxSavedBytes);
  }
}
