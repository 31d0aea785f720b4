/**
 * The local agent `overlay`: who watches it joins the overlay of a topic, and hears of its neighbours there. `withGossip` does.
 * Not open to anybody else.
 *
 *   - `/member/<name>` and `/leaf/<name>`: in the overlay of that agent's topic, as long as the watch stands. A member where both are watched.
 *   - Facts of the mark `overlay-effect`, `{ type: 'up' | 'down', peer }`: the neighbours there are, then each change.
 */
import { fact, refuse } from '../agent.ts';
import type { Agent, Effect } from '../agent.ts';
import type { PeerId } from '../ids.ts';
import type { Role } from '../overlay/messages.ts';

/** The name under which every node runs it. */
export const OVERLAY = 'overlay';
/** What the node tells it each change on. */
export const NEIGHBOR_WIRE = '/neighbor';

const EFFECT = 'overlay-effect';
const ROLES: readonly Role[] = ['member', 'leaf'];

/** One change, as the node tells it. */
export interface TopicChange {
  readonly name: string;
  readonly type: 'up' | 'down';
  readonly peer: PeerId;
}

/** What the agent asks of the node. */
export interface OverlayPort {
  /** Joins, in place of another role. */
  join(name: string, role: Role): void;
  /** Leaves. One that was not joined is fine. */
  leave(name: string): void;
  leaveAll(): void;
}

/** How often a topic is watched, and who its neighbours are. */
interface Topic {
  readonly watches: Record<Role, number>;
  readonly neighbors: Set<PeerId>;
}

export function overlayAgent(port: OverlayPort): Agent {
  const topics = new Map<string, Topic>();
  // After a failed commit nobody watches any more.
  const begin = (): void => {
    topics.clear();
    port.leaveAll();
  };
  const settle = (name: string, { watches }: Topic): void => {
    const role = ROLES.find((each) => watches[each] > 0);
    if (role !== undefined) return port.join(name, role);
    topics.delete(name);
    port.leave(name);
  };
  return {
    onInit: begin,
    onLoad: begin,
    onWatch: (path) => {
      const wish = wishOf(path);
      if (wish === undefined) return refuse('no-such-path');
      const { name, role } = wish;
      const topic = topics.get(name) ?? { watches: { member: 0, leaf: 0 }, neighbors: new Set() };
      topics.set(name, topic);
      topic.watches[role] += 1;
      settle(name, topic);
      return [...topic.neighbors].map((peer) => changed([], 'up', peer));
    },
    onLeave: (path) => {
      const wish = wishOf(path);
      const topic = wish && topics.get(wish.name);
      if (wish === undefined || topic === undefined || topic.watches[wish.role] === 0) return;
      topic.watches[wish.role] -= 1;
      settle(wish.name, topic);
    },
    onAgent: (_wire, sign) => {
      if (sign.type !== 'fact') return undefined;
      const { name, type, peer } = sign.data as TopicChange;
      const neighbors = topics.get(name)?.neighbors;
      if (type === 'up') neighbors?.add(peer);
      else neighbors?.delete(peer);
      return changed(ROLES.map((role) => pathOf(role, name)), type, peer);
    },
  };
}

function changed(paths: readonly string[], type: 'up' | 'down', peer: PeerId): Effect {
  return fact(paths, EFFECT, { type, peer });
}

function pathOf(role: Role, name: string): string {
  return `/${role}/${name}`;
}

/** Reads {@link pathOf} back. A name may contain slashes. */
function wishOf(path: string): { readonly role: Role; readonly name: string } | undefined {
  const role = ROLES.find((each) => path.startsWith(pathOf(each, '')) && path.length > pathOf(each, '').length);
  return role && { role, name: path.slice(pathOf(role, '').length) };
}
