/**
 * The paths that belong to the gossip wrapper. Pure. After Urbit's /lib/gossip, whose names they keep.
 */

/** Every path, wire and key that starts so is a wrapper's; an agent's own do not. */
const RESERVED = '/~/';

/** Whether a path, wire or key is one that an agent inside a wrapper must not use. */
export function isReserved(name: string): boolean {
  return name.startsWith(RESERVED);
}

/** The inner agent publishes here; its facts become rumors. */
export const GOSSIP_SOURCE = '/~/gossip/source';

/** Peers subscribe to this path of ours, and rumors come to the inner agent on a wire of the same name. */
export const GOSSIP_GOSSIP = '/~/gossip/gossip';

/** A fact here changes the config; a peek here reads it. */
export const GOSSIP_CONFIG = '/~/gossip/config';
