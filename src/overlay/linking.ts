/** How links come about between members, and how they end: Neighbor, its answer, and Disconnect. Pure. */
import type { PeerId } from '../ids.ts';
import type { OverlayConfig } from './config.ts';
import type { Membership } from './membership.ts';
import type { Contact, Disconnect, Generation, Neighbor, NeighborReply, OverlayMessage, UpReason } from './messages.ts';
import type { Request } from './requests.ts';
import type { Seeking } from './seeking.ts';
import type { Turn } from './turn.ts';

/** What a link is called that comes of a request of ours. */
const REASONS: Readonly<Record<Request['purpose'], UpReason>> = { join: 'let-in', fill: 'filled', welcome: 'welcomed', probe: 'probed' };

export class Linking {
  readonly #config: OverlayConfig;
  readonly #turn: Turn;
  readonly #members: Membership;
  readonly #seeking: Seeking;
  /** Who asked us last for a place when we had none. */
  #inVain: { readonly contact: Contact; readonly atMs: number } | undefined;

  constructor(config: OverlayConfig, turn: Turn, members: Membership, seeking: Seeking) {
    this.#config = config;
    this.#turn = turn;
    this.#members = members;
    this.#seeking = seeking;
  }

  onNeighbor(from: PeerId, { generation, priority, leaf, record }: Neighbor): void {
    const { active } = this.#members;
    const contact = { peer: from, record };
    const crossing = this.#seeking.requests.get(from);
    if (crossing !== undefined) {
      // Both asked, so both agree, without a reply; and both come to the same generation. A Join is still answered, with contacts.
      if (crossing.purpose !== 'join') this.#seeking.requests.take(from);
      return this.#settle(crossing, Math.max(crossing.generation, generation), null);
    }
    const known = this.#members.isNeighbor(from);
    const accepted = this.#members.mayAdmit(from, leaf) && (leaf || known || priority !== 'low' || !active.isFull);
    if (!accepted) return this.#turn.send(from, { type: 'NeighborReply', generation, accepted, offer: leaf ? null : this.#pairUp(contact) });
    const displaced = this.#seeking.link(contact, leaf, generation, priority === 'probe' ? 'probed' : 'asked');
    // Only a probe displaces somebody at both ends.
    return this.#turn.send(from, { type: 'NeighborReply', generation, accepted, offer: priority === 'probe' ? displaced : null });
  }

  onNeighborReply(from: PeerId, { generation, accepted, offer }: NeighborReply): void {
    const request = this.#seeking.requests.get(from);
    if (request === undefined || request.generation !== generation) return this.onLateReply(from, generation, accepted, 'NeighborReply');
    this.#seeking.requests.take(from);
    if (accepted) return this.#settle(request, generation, offer);
    this.#members.release(from);
    // It stays in the passive view: it lives, and may have room another time.
    this.#seeking.avoid(from);
    this.#seeking.fillWith(offer);
  }

  /** An answer to what we no longer ask. With its yes a neighbour tells us the generation it knows; anybody else learns that there is no link. */
  onLateReply(from: PeerId, generation: Generation, accepted: boolean, type: OverlayMessage['type']): void {
    const link = this.#members.active.get(from);
    if (accepted && link !== undefined) {
      link.generation = generation;
      return;
    }
    this.#turn.ignore(from, type, 'unknown-reply');
    if (!accepted) return;
    this.#members.disown(from, generation);
    this.#members.release(from);
  }

  onDisconnect(from: PeerId, { generation, alive, offer }: Disconnect): void {
    const link = this.#members.active.get(from);
    if (link === undefined) return this.#turn.ignore(from, 'Disconnect', 'not-a-neighbor');
    if (link.generation !== generation) return this.#turn.ignore(from, 'Disconnect', 'stale-generation');
    this.#members.down(link, alive ? 'evicted' : 'left');
    this.#turn.perform({ type: 'Close', peer: from });
    if (alive) this.#members.keep(link);
    // Not at once whom we just lost to another.
    this.#seeking.avoid(from);
    this.#seeking.fillWith(offer);
  }

  /** What we asked for is granted. */
  #settle({ contact, purpose, priority }: Request, generation: Generation, offer: Contact | null): void {
    if (priority === 'low' && this.#members.active.isFull && !this.#members.isNeighbor(contact.peer)) {
      // The place was filled meanwhile. To displace somebody for it would only move the gap.
      this.#members.disown(contact.peer, generation);
      this.#members.release(contact.peer);
      this.#members.integrate([contact]);
      return;
    }
    this.#seeking.link(contact, false, generation, REASONS[purpose], offer);
  }

  /** Somebody who asks in vain gets to know who did so before: of few with a place to fill, each would ask a thousand others first. */
  #pairUp(contact: Contact): Contact | null {
    const before = this.#inVain;
    if (before === undefined || before.contact.peer === contact.peer || this.#turn.nowMs - before.atMs >= this.#config.repairMaxMs) {
      this.#inVain = { contact, atMs: this.#turn.nowMs };
      return null;
    }
    this.#inVain = undefined;
    return before.contact;
  }
}
