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
const RETRY_HEAR = '/~/gossip/retry/hear/';
const QUARANTINE = '/~/gossip/kept/';

/** Where the config is saved. */
export const CONFIG_KEY: string = GOSSIP_CONFIG;
/** A peek here reads the config in effect. */
export const CONFIG_PEEK: Path = `/x${GOSSIP_CONFIG}`;
/** The wire of the events in which quarantined rumors are saved. */
export const QUARANTINE_WIRE: Wire = '/~/gossip/kept';

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

/** Our watch of one peer. */
export function hearWire(peer: PeerId): Wire {
  return HEAR + peer;
}

/** Whether a wire is our watch of some peer. */
export function isHearWire(wire: Wire): boolean {
  return wire.startsWith(HEAR);
}

export function timerWire(timer: Timer): Wire {
  return timer.of === 'pals' ? RETRY_PALS + timer.list : RETRY_HEAR + timer.peer;
}

/** Reads {@link timerWire} back. */
export function timerOf(wire: Wire): Timer | undefined {
  const list = listIn(wire, RETRY_PALS);
  if (list !== undefined) return { of: 'pals', list };
  const peer = wire.slice(RETRY_HEAR.length);
  return wire.startsWith(RETRY_HEAR) && isPeerId(peer) ? { of: 'hear', peer } : undefined;
}

/** Where a quarantined rumor is saved. */
export function quarantineKey(id: RumorId): string {
  return QUARANTINE + id;
}

/** Reads {@link quarantineKey} back. */
export function quarantinedId(key: string): RumorId | undefined {
  const id = key.slice(QUARANTINE.length);
  return key.startsWith(QUARANTINE) && isRumorId(id) ? id : undefined;
}

function listIn(wire: Wire, prefix: string): PalsList | undefined {
  const list = wire.slice(prefix.length);
  return wire.startsWith(prefix) && (list === 'targets' || list === 'leeches') ? list : undefined;
}
