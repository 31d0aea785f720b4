/**
 * The bowls of one agent: what its arms are told of the moment. Plain objects, since wrappers copy them.
 */
import type { Bowl, Effect } from '../agent.ts';
import type { PeerId } from '../ids.ts';
import type { Random } from '../random.ts';
import type { MemoryPort } from './agent-memory.ts';

/** The arm that is called for what peers send, in the turn it comes in. */
export const ARRIVAL = 'onArrival';
/** The arm that is called for what they offer, likewise. */
export const OFFER = 'onOffer';

export interface BowlsPort extends MemoryPort {
  readonly random: Random;
  isAdmin(peer: PeerId): boolean;
}

export class Bowls {
  readonly #agent: string;
  readonly #port: BowlsPort;
  readonly #check: (effects: readonly Effect[], arm: string) => void;
  /** The same functions for all bowls. By arm. */
  readonly #checks: Map<string, Bowl['check']> = new Map();
  readonly #seen: Bowl['seen'];
  #lastArrival: Bowl | undefined;

  /** @param check see `Bowl.check` */
  constructor(agent: string, port: BowlsPort, check: (effects: readonly Effect[], arm: string) => void) {
    this.#agent = agent;
    this.#port = port;
    this.#check = check;
    this.#seen = (id) => port.store.seen(id);
  }

  /** For an event of now. @param saved what the agent saved @param run see `Bowl.run` @param room see `Bowl.room` */
  of(src: PeerId, arm: string, saved: Bowl['saved'], run: object, room: boolean): Bowl {
    const last = this.#lastArrival;
    if (arm === ARRIVAL && last?.src === src && last.room === room && last.run === run) return last;
    const { our, clock, limits, random } = this.#port;
    const bowl: Bowl = { our, src, now: clock.now(), agent: this.#agent, saved, admin: this.#port.isAdmin(src), run, room, random, limits, seen: this.#seen, check: this.#checkOf(arm) };
    if (arm === ARRIVAL) this.#keepForTheTurn(bowl);
    return bowl;
  }

  /** Copies of rumors come by the hundred in one frame: the same moment for all of them. */
  #keepForTheTurn(bowl: Bowl): void {
    if (this.#lastArrival === undefined) setImmediate(() => (this.#lastArrival = undefined));
    this.#lastArrival = bowl;
  }

  #checkOf(arm: string): Bowl['check'] {
    let check = this.#checks.get(arm);
    if (check === undefined) {
      check = (effects) => this.#check(effects, arm);
      this.#checks.set(arm, check);
    }
    return check;
  }
}
