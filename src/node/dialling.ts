/**
 * How a node dials: what our user names as it is, what others say with care. Shell.
 */
import { HearsayError } from '../errors.ts';
import type { PeerId } from '../ids.ts';
import type { Limits } from '../limits.ts';
import type { Contact } from '../overlay/messages.ts';
import { formatAddress, parseAddress } from '../transport/address.ts';
import { isNotHearsay } from '../transport/channel/fault.ts';
import { placesOf } from '../transport/dnsaddr.ts';
import type { Links } from '../transport/links.ts';
import type { Vetted } from '../transport/links/options.ts';
import type { Clock } from './clock.ts';
import { DialGuard } from './dial-guard.ts';
import type { NodeEvents } from './node-events.ts';

/** What dialling asks of the node. */
export interface DiallingPort {
  readonly clock: Clock;
  readonly limits: Pick<Limits, 'maxDialsPerHost'>;
  readonly events: NodeEvents;
  /** Whether those that we only learn of may be dialled. */
  readonly discover: boolean;
  /** Whether our user added that peer. */
  isTarget(peer: PeerId): boolean;
  /** Where a contact says that it is, and where it was. */
  addressesOf(contact: Contact): readonly string[];
}

export class Dialling {
  readonly #port: DiallingPort;
  readonly #links: Pick<Links, 'connect' | 'isUp'>;
  readonly #guard: DialGuard;

  /** @param links who in turn ask {@link Dialling.vet} */
  constructor(port: DiallingPort, links: Pick<Links, 'connect' | 'isUp'>) {
    this.#port = port;
    this.#links = links;
    this.#guard = new DialGuard({ clock: port.clock, maxDialsPerHost: port.limits.maxDialsPerHost });
  }

  /** Our user names these: what is said to be in the same networks may be dialled, too. */
  named(addresses: readonly string[]): void {
    this.#guard.named(addresses);
  }

  /** Whether an address that a stranger told us is one that we dial. */
  allows(address: string): boolean {
    return this.#guard.allows(address);
  }

  /** Pals are dialled wherever they say they are; others with care. */
  vet(peer: PeerId | undefined, url: string): Vetted {
    if (peer !== undefined && this.#port.isTarget(peer)) return { ok: true };
    return this.#port.discover && this.#guard.take(url) ? { ok: true, admits: (ip) => this.#guard.takeResolved(ip) } : { ok: false };
  }

  /**
   * A link to a peer at the first of the addresses where it is.
   * @throws HearsayError `HEARSAY_UNREACHABLE` when nobody answers; what was wrong (`HEARSAY_HANDSHAKE_FAILED`, `HEARSAY_CLOCK_SKEW`, `HEARSAY_REFUSED`) when somebody did
   */
  async peer(addresses: readonly string[], peer: PeerId): Promise<void> {
    const errors: unknown[] = [];
    const places = addresses.map((address) => formatAddress(parseAddress(address).url, peer));
    if ((await this.#first(places, errors)) !== undefined) return;
    const answered = errors.find((error) => error instanceof HearsayError && error.code !== 'HEARSAY_UNREACHABLE');
    throw answered ?? new HearsayError('HEARSAY_UNREACHABLE', { field: 'link', rule: 'to hold an address where the inviter answers', value: addresses, cause: errors.at(-1) });
  }

  /** A link to whoever is at a bootstrap address. Where a name stands for several places, only if none of them is hearsay does it count as such. @throws HearsayError */
  async bootstrap(address: string, signal: AbortSignal): Promise<PeerId> {
    const { events } = this.#port;
    const errors: unknown[] = [];
    const places = await placesOf(address, signal).catch((error: HearsayError) => {
      events.tell({ type: 'dial-failed', peer: undefined, address, error });
      throw error;
    });
    const peer = await this.#first(places, errors, signal);
    if (peer === undefined) throw errors.find((error) => !isNotHearsay(error)) ?? errors[0];
    events.tell({ type: 'bootstrapped', peer, address });
    return peer;
  }

  /** A link to a member of a topic. @throws HearsayError `HEARSAY_UNREACHABLE` */
  async contact(contact: Contact, signal: AbortSignal): Promise<void> {
    if (this.#links.isUp(contact.peer)) return;
    for (const address of this.#port.discover ? this.#port.addressesOf(contact) : []) {
      const peer = await this.#links.connect(formatAddress(address, contact.peer), { signal, hearsay: true }).catch(() => undefined);
      if (peer !== undefined) return;
    }
    throw new HearsayError('HEARSAY_UNREACHABLE', { field: 'contact', rule: 'to answer at one of its addresses', value: contact.peer });
  }

  /** @returns who was found at the first of the places where somebody of ours is; with nobody, `errors` say why */
  async #first(places: readonly string[], errors: unknown[], signal?: AbortSignal): Promise<PeerId | undefined> {
    for (const place of places) {
      try {
        return await this.#links.connect(place, signal === undefined ? {} : { signal });
      } catch (error) {
        errors.push(error);
      }
    }
    return undefined;
  }
}
