/** How newcomers get in: Join, its answer, and the walks that find them links all over the topic. Pure. */
import type { PeerId } from '../ids.ts';
import type { Link } from './active-view.ts';
import { MAX_CONTACTS } from './config.ts';
import type { OverlayConfig } from './config.ts';
import type { Linking } from './linking.ts';
import type { Membership } from './membership.ts';
import type { ForwardJoin, Join, JoinReply } from './messages.ts';
import type { Seeking } from './seeking.ts';
import type { Turn } from './turn.ts';

const JOIN_WINDOW_MS = 1_000;

export class Joining {
  readonly #config: OverlayConfig;
  readonly #turn: Turn;
  readonly #members: Membership;
  readonly #seeking: Seeking;
  readonly #linking: Linking;
  /** When the latest Joins displaced somebody. At most `joinsPerSecond`. */
  #joinTimes: number[] = [];

  constructor(config: OverlayConfig, turn: Turn, members: Membership, seeking: Seeking, linking: Linking) {
    this.#config = config;
    this.#turn = turn;
    this.#members = members;
    this.#seeking = seeking;
    this.#linking = linking;
  }

  onJoin(from: PeerId, { generation, leaf, record }: Join): void {
    const { active } = this.#members;
    const contact = { peer: from, record };
    // Both asked, so both agree, and come to the same generation. A Join of ours is still answered, with contacts.
    const crossing = this.#seeking.requests.get(from);
    const accepted = this.#members.mayAdmit(from, leaf) && (leaf || crossing !== undefined || this.#hasRoom(from));
    if (accepted) {
      if (crossing?.purpose !== 'join') this.#seeking.requests.take(from);
      this.#seeking.link(contact, leaf, Math.max(generation, crossing?.generation ?? 0), 'joined');
    }
    this.#turn.send(from, { type: 'JoinReply', generation, accepted, contacts: accepted ? this.#members.replyFor(from, MAX_CONTACTS) : this.#members.hostsFor(from) });
    // Nobody could dial a leaf: it asks whom it wants, with what we gave it.
    if (!accepted || leaf) return;
    // Also for one that was a neighbour already: it asks because it lost all it had.
    // As many walks as the paper, but by old links.
    for (const { contact: neighbor } of active.members) {
      if (neighbor.peer === from) continue;
      const next = active.next(from, from, this.#turn.nowMs) as Link;
      this.#turn.send(next.contact.peer, { type: 'ForwardJoin', joiner: contact, ttlHops: this.#config.activeWalkHops });
    }
  }

  onJoinReply(from: PeerId, { generation, accepted, contacts }: JoinReply): void {
    const request = this.#seeking.requests.get(from);
    if (request === undefined || request.generation !== generation) return this.#linking.onLateReply(from, generation, accepted, 'JoinReply');
    this.#seeking.requests.take(from);
    const candidates = this.#members.integrate(contacts);
    if (!accepted) {
      this.#members.release(from);
      return this.#seeking.redirected(from, candidates);
    }
    // When its Neighbor crossed our Join, the link is there already.
    if (!this.#members.isNeighbor(from)) this.#seeking.link(request.contact, false, generation, 'let-in');
    return this.#seeking.joined();
  }

  onForwardJoin(from: PeerId, { joiner, ttlHops }: ForwardJoin): void {
    const { active } = this.#members;
    const link = active.get(from);
    if (link === undefined || link.leaf) return this.#turn.ignore(from, 'ForwardJoin', 'not-a-neighbor');
    if (joiner.peer === this.#members.self) return;
    // Differs: what a peer says is clamped, or it could have its walks go on for ever.
    const ttl = Math.min(ttlHops, this.#config.activeWalkHops);
    const next = ttl === 0 ? undefined : active.next(from, joiner.peer, this.#turn.nowMs);
    if (next === undefined) {
      if (this.#seeking.mayAsk(joiner)) this.#seeking.ask(joiner, 'welcome', 'high');
      else this.#members.integrate([joiner]);
      return;
    }
    if (ttl === this.#config.passiveWalkHops) this.#members.integrate([joiner]);
    this.#turn.send(next.contact.peer, { type: 'ForwardJoin', joiner, ttlHops: ttl - 1 });
  }

  /** Whether a member that joins gets a place. Too many in a second are sent on, or one contact would split its topic into islands. */
  #hasRoom(peer: PeerId): boolean {
    if (!this.#members.active.isFull || this.#members.isNeighbor(peer)) return true;
    this.#joinTimes = this.#joinTimes.filter((atMs) => this.#turn.nowMs - atMs < JOIN_WINDOW_MS);
    if (this.#joinTimes.length >= this.#config.joinsPerSecond) return false;
    this.#joinTimes.push(this.#turn.nowMs);
    return true;
  }
}
