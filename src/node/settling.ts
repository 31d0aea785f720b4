/**
 * Whether two nodes have settled: what one said so far is worked off at the other, and the watches of both on each other are answered. Shell.
 */
import { HearsayError } from '../errors.ts';
import type { PeerId } from '../ids.ts';
import type { Limits } from '../limits.ts';
import type { Clock } from './clock.ts';
import type { Message } from './messages.ts';
import type { Session } from './session.ts';

/** What it asks of the router. */
export interface SettlingPort {
  readonly clock: Clock;
  readonly limits: Limits;
  /** Calls back once all events that wait now are done. */
  barrier(done: () => void): void;
  send(peer: PeerId, message: Message): void;
  /** A question of ours is over. */
  settled(peer: PeerId, session: Session): void;
}

export class Settling {
  readonly #port: SettlingPort;

  constructor(port: SettlingPort) {
    this.#port = port;
  }

  /** Asks. `done` comes with `HEARSAY_TIMEOUT` after pokeTimeoutMs. */
  ask(peer: PeerId, session: Session, done: (error?: HearsayError) => void): void {
    const number = session.number();
    const { pokeTimeoutMs } = this.#port.limits;
    const finish = (error?: HearsayError): void => {
      if (!session.settles.delete(number)) return;
      cancel();
      done(error);
      this.#port.settled(peer, session);
    };
    const cancel = this.#port.clock.after(pokeTimeoutMs, () =>
      finish(new HearsayError('HEARSAY_TIMEOUT', { field: 'peer', rule: `to answer within limits.pokeTimeoutMs (${pokeTimeoutMs} ms)`, value: peer })),
    );
    session.settles.set(number, { finish, answered: false });
    this.#port.barrier(() => this.#port.send(peer, { type: 'Settle', number }));
  }

  /** A later question takes the place of one that is not answered yet: its answer covers both. */
  asked(peer: PeerId, session: Session, number: number): void {
    session.settling = number;
    session.workedOff = false;
    if (!session.workingOff) this.#workOff(peer, session);
  }

  /** One barrier at a time, however often the peer asks. */
  #workOff(peer: PeerId, session: Session): void {
    const number = session.settling;
    session.workingOff = true;
    this.#port.barrier(() => {
      session.workingOff = false;
      if (session.settling === undefined) return;
      if (session.settling !== number) return this.#workOff(peer, session);
      session.workedOff = true;
      this.check(peer, session);
    });
  }

  /** Answers, if it is so now. */
  check(peer: PeerId, session: Session): void {
    const { settling } = session;
    if (settling === undefined || !session.workedOff || [...session.watches.values()].some(({ answered }) => !answered)) return;
    session.settling = undefined;
    this.#port.send(peer, { type: 'Settled', number: settling });
  }

  /** It answers what we asked before, too. */
  answered(session: Session, number: number): void {
    if (!session.settles.has(number)) return;
    for (const [asked, settle] of [...session.settles]) {
      if (!settle.answered) this.#port.barrier(() => settle.finish());
      settle.answered = true;
      if (asked === number) return;
    }
  }
}
