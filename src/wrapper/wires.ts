/**
 * The names under which the wrapper asks and saves, beside those of the agent it wraps. All start with `/~/gossip/`.
 */
import type { Path, Wire } from '../agent.ts';
import type { PeerId, RumorId } from '../ids.ts';
import { isPeerId, isRumorId } from '../ids.ts';
import { GOSSIP_CONFIG, GOSSIP_GOSSIP } from '../marks/paths.ts';
import type { PalsList, Timer } from './core/messages.ts';

const OURS = '/~/gossip/';
const PALS = '/~/gossip/pals/';
const HEAR = `${GOSSIP_GOSSIP}/`;
const RETRY_PALS = '/~/gossip/retry/pals/';
const RETRY_OVERLAY = '/~/gossip/retry/overlay';
const RETRY_HEAR = '/~/gossip/retry/hear/';
const EMBARGO = '/~/gossip/embargo/';
const LEAVE = '/~/gossip/leave/';
const RECENT = '/~/gossip/recent';
const PASS = '/~/gossip/pass/';
const HELD = '/~/gossip/held/';
const QUARANTINE = '/~/gossip/kept/';

/** Where the config is saved. */
export const CONFIG_KEY: string = GOSSIP_CONFIG;
/** A peek here reads the config in effect. */
export const CONFIG_PEEK: Path = `/x${GOSSIP_CONFIG}`;
/** The wire of the events in which quarantined rumors are saved. */
export const QUARANTINE_WIRE: Wire = '/~/gossip/kept';

/** The wire of a word to a peer that it may come now. Nobody waits for the answer. */
export const WELCOME_WIRE: Wire = '/~/gossip/welcome';

/** Whether a wire is this wrapper's. */
export function isOurs(wire: Wire): boolean {
  return wire.startsWith(OURS);
}

/** Our watch of one half of pals. */
export function palsWire(list: PalsList): Wire {
  return PALS + list;
}

/** Reads {@link palsWire} back. */
export function palsListOf(wire: Wire): PalsList | undefined {
  return listIn(wire, PALS);
}

/** Our watch of the node's overlay. */
export const OVERLAY_WIRE: Wire = '/~/gossip/overlay';

/** Our watch of one peer. */
export function hearWire(peer: PeerId): Wire {
  return HEAR + peer;
}

/** Whether a wire is our watch of some peer. */
export function isHearWire(wire: Wire): boolean {
  return wire.startsWith(HEAR);
}

export function timerWire(timer: Timer): Wire {
  switch (timer.of) {
    case 'pals':
      return RETRY_PALS + timer.list;
    case 'hear':
      return RETRY_HEAR + timer.peer;
    case 'overlay':
      return RETRY_OVERLAY;
    case 'embargo':
      return EMBARGO + timer.id;
    case 'leave':
      return LEAVE + timer.id;
    case 'recent':
      return RECENT;
  }
}

/** Reads {@link timerWire} back. */
export function timerOf(wire: Wire): Timer | undefined {
  if (wire === RECENT) return { of: 'recent' };
  if (wire === RETRY_OVERLAY) return { of: 'overlay' };
  const list = listIn(wire, RETRY_PALS);
  if (list !== undefined) return { of: 'pals', list };
  const embargoed = idIn(wire, EMBARGO);
  if (embargoed !== undefined) return { of: 'embargo', id: embargoed };
  const leaving = idIn(wire, LEAVE);
  if (leaving !== undefined) return { of: 'leave', id: leaving };
  const peer = wire.slice(RETRY_HEAR.length);
  return wire.startsWith(RETRY_HEAR) && isPeerId(peer) ? { of: 'hear', peer } : undefined;
}

/** The wire on which a proxy answers. */
export function passWire(id: RumorId): Wire {
  return PASS + id;
}

/** Reads {@link passWire} back. */
export function passedId(wire: Wire): RumorId | undefined {
  return idIn(wire, PASS);
}

/** Where what is held for a proxy is saved. */
export function heldKey(id: RumorId): string {
  return HELD + id;
}

/** Reads {@link heldKey} back. */
export function heldId(key: string): RumorId | undefined {
  return idIn(key, HELD);
}

/** Where a quarantined rumor is saved. */
export function quarantineKey(id: RumorId): string {
  return QUARANTINE + id;
}

/** Reads {@link quarantineKey} back. */
export function quarantinedId(key: string): RumorId | undefined {
  return idIn(key, QUARANTINE);
}

function listIn(wire: Wire, prefix: string): PalsList | undefined {
  const list = wire.slice(prefix.length);
  return wire.startsWith(prefix) && (list === 'targets' || list === 'leeches') ? list : undefined;
}

function idIn(name: string, prefix: string): RumorId | undefined {
  const id = name.slice(prefix.length);
  return name.startsWith(prefix) && isRumorId(id) ? id : undefined;
}
