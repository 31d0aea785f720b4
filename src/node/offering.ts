/**
 * What peers offer us: known ones are declined, the others asked for, of one peer at a time (offers.ts). Shell.
 */
import type { PeerId } from '../ids.ts';
import { GOSSIP_GOSSIP } from '../marks/paths.ts';
import { viewBytes } from '../marks/payload.ts';
import { parseUpgrade } from '../wrapper/upgrade.ts';
import type { Clock } from './clock.ts';
import type { Message } from './messages.ts';
import { Offers } from './offers.ts';
import type { Offer, Reach } from './offers.ts';
import { NO_RECEIPT } from './session.ts';
import type { Session } from './session.ts';

/** What it asks of the router. */
export interface OfferingPort {
  readonly clock: Clock;
  session(peer: PeerId): Session | undefined;
  send(peer: PeerId, message: Message): void;
}

/** How often we look whether somebody keeps us waiting, while anything is asked for (our choice: a quarter of how long we wait). */
const LOOK_MS = 250;

export class Offering {
  readonly #port: OfferingPort;
  readonly #offers: Offers = new Offers();
  #stopLooking: (() => void) | undefined;

  constructor(port: OfferingPort) {
    this.#port = port;
  }

  /** A peer has a rumor for a watch of ours. */
  offered(peer: PeerId, session: Session, { sub, number, id, hops, bytes }: Extract<Message, { type: 'Offer' }>): void {
    const watch = session.watches.get(sub);
    if (watch?.path === GOSSIP_GOSSIP) this.#look({ peer, sub, number, id, hops, bytes });
  }

  /** A peer gave what it had offered. */
  given(peer: PeerId, sub: number, number: number): void {
    for (const other of this.#offers.given(peer, sub, number)) {
      if (isOffer(other)) this.#look(other);
      else this.#port.session(other.peer)?.watches.get(other.sub)?.watcher.offered({ id: other.id, hops: other.hops }, NO_RECEIPT);
    }
  }

  /** A header that came instead of a rumor's bytes. @returns whether it waits for them here, because they are asked for */
  upgraded(peer: PeerId, sub: number, payload: Uint8Array): boolean {
    if (this.#offers.size === 0) return false;
    const upgrade = parseUpgrade(viewBytes(payload, 0));
    return upgrade !== undefined && this.#offers.longer({ peer, sub, number: undefined, ...upgrade });
  }

  linkDown(peer: PeerId): void {
    for (const next of this.#offers.lost(peer, this.#port.clock.now())) this.#want(next);
  }

  close(): void {
    this.#stopLooking?.();
  }

  #look(offer: Offer): void {
    const { peer, sub, number, id, hops } = offer;
    const watch = this.#port.session(peer)?.watches.get(sub);
    if (watch === undefined || watch.had.isFull) return;
    watch.had.push(number);
    if (watch.watcher.offered({ id, hops }, watch.had)) return;
    watch.had.pop();
    if (this.#offers.offered(offer, this.#port.clock.now())) this.#want(offer);
    this.#lookLater();
  }

  #want({ peer, sub, number }: Offer): void {
    this.#port.send(peer, { type: 'Want', sub, number });
  }

  #lookLater(): void {
    if (this.#offers.size === 0) return;
    this.#stopLooking ??= this.#port.clock.after(LOOK_MS, () => {
      this.#stopLooking = undefined;
      for (const next of this.#offers.due(this.#port.clock.now())) this.#want(next);
      this.#lookLater();
    });
  }
}

function isOffer(reach: Offer | Reach): reach is Offer {
  return reach.number !== undefined;
}
