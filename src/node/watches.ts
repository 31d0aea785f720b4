/**
 * What one agent watches: at most one subscription per wire, peer and agent.
 * A sign waits in the agent's queue; when the agent left meanwhile, or asked anew, it is not for it any more.
 */
import type { PeerId } from '../ids.ts';

/** One subscription of ours, from the asking until its end has been handed to the agent. */
export interface Watch {
  readonly path: string;
  /** The other side ended it, or refused. */
  gone: boolean;
  /** We ended it: nothing more of it is handed to the agent. */
  left: boolean;
  /** Tells the other side. */
  end(): void;
}

/** What names a subscription. */
export interface WatchName {
  readonly wire: string;
  readonly peer: PeerId;
  readonly agent: string;
}

/** As many as the agent asks for. */
export class Watches {
  readonly #byName = new Map<string, Watch>();

  /** A new subscription in place of one to another path. `undefined`: it stands already. */
  begin(name: WatchName, path: string): Watch | undefined {
    const key = keyOf(name);
    const before = this.#byName.get(key);
    if (before?.path === path && !before.gone) return undefined;
    leave(before);
    const watch: Watch = { path, gone: false, left: false, end: () => undefined };
    this.#byName.set(key, watch);
    return watch;
  }

  /** Ours to end. One that does not exist is fine. */
  leave(name: WatchName): void {
    const key = keyOf(name);
    const watch = this.#byName.get(key);
    this.#byName.delete(key);
    leave(watch);
  }

  /** The agent has been told of its end. */
  forget(name: WatchName, watch: Watch): void {
    const key = keyOf(name);
    if (this.#byName.get(key) === watch) this.#byName.delete(key);
  }

  leaveAll(): void {
    const all = [...this.#byName.values()];
    this.#byName.clear();
    for (const watch of all) leave(watch);
  }
}

function leave(watch: Watch | undefined): void {
  if (watch === undefined || watch.left) return;
  watch.left = true;
  if (!watch.gone) watch.end();
}

function keyOf({ wire, peer, agent }: WatchName): string {
  return `${peer} ${agent.length} ${agent} ${wire}`;
}
