/**
 * Tells peers what of their facts is on our disk, and what of their offers need not be given. Shell.
 */
import type { PeerId } from '../ids.ts';
import { GOSSIP_GOSSIP } from '../marks/paths.ts';
import type { Clock } from './clock.ts';
import { MAX_HAVE_NUMBERS } from './messages.ts';
import type { Message } from './messages.ts';
import { Had, Received } from './session.ts';
import type { AskedWatch, Session } from './session.ts';

/**
 * An acknowledgement waits so long for others, at most (our choice): alone it costs a frame as a datum does, and all it saves is that facts are sent
 * again after a lost link, of which at most 256 wait.
 */
const ACK_DELAY_MS = 1_000;

export class Acknowledging {
  readonly #clock: Clock;
  readonly #send: (peer: PeerId, message: Message) => void;

  constructor(clock: Clock, send: (peer: PeerId, message: Message) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  /** Of a watch that begins anew. */
  begin(peer: PeerId, session: Session, sub: number, path: string): Pick<AskedWatch, 'received' | 'had'> {
    const isCurrent = (): boolean => session.up && session.watches.get(sub)?.had === had;
    const had: Had = new Had((isUrgent) => {
      if (!isCurrent()) return;
      session.haves.set(sub, had);
      this.#due(peer, session, isUrgent);
    });
    // Nothing else is owed.
    if (path !== GOSSIP_GOSSIP) return { received: new Received(undefined), had };
    const received: Received = new Received((isUrgent) => {
      if (!isCurrent()) return;
      session.acks.set(sub, received);
      this.#due(peer, session, isUrgent);
    });
    return { received, had };
  }

  #due(peer: PeerId, session: Session, isUrgent: boolean): void {
    if (isUrgent) this.#tell(peer, session);
    else session.ackLater ??= this.#clock.after(ACK_DELAY_MS, () => this.#tell(peer, session));
  }

  #tell(peer: PeerId, session: Session): void {
    for (const [sub, received] of session.acks) {
      if (session.watches.get(sub)?.received === received) this.#send(peer, { type: 'Ack', sub, count: received.take() });
    }
    for (const [sub, had] of session.haves) {
      if (session.watches.get(sub)?.had !== had) continue;
      for (let numbers = had.take(MAX_HAVE_NUMBERS); numbers.length > 0; numbers = had.take(MAX_HAVE_NUMBERS)) this.#send(peer, { type: 'Have', sub, numbers });
    }
    session.forgetAcks();
  }
}
