/**
 * What the core asks for, in the host's words.
 */
import { fact, forget, kick, leave, poke, refuse, rest, save, wait, watch } from '../agent.ts';
import type { Bowl, Effect } from '../agent.ts';
import type { PeerId } from '../ids.ts';
import { GOSSIP_GOSSIP } from '../marks/paths.ts';
import type { Body } from './body.ts';
import { FORBIDDEN } from './core/audience.ts';
import type { GossipEffect } from './core/messages.ts';
import { heldValue } from './held-entries.ts';
import { GOSSIP_WELCOME } from './orders.ts';
import { GOSSIP_RUMOR, rumorFact, withHops } from './rumor.ts';
import { encodeUpgrade, GOSSIP_UPGRADE } from './upgrade.ts';
import { CONFIG_KEY, hearWire, heldKey, OVERLAY_WIRE, palsWire, passWire, quarantineKey, QUARANTINE_WIRE, timerWire, WELCOME_WIRE } from './wires.ts';

/** The names under which a node runs its pals and its overlays. */
const PALS_AGENT = 'pals';
const OVERLAY_AGENT = 'overlay';

/** One effect of the core as one effect of an agent. */
export function hostEffect(effect: GossipEffect<Body>, { our, agent }: Bowl): Effect {
  switch (effect.type) {
    case 'WatchPals':
      return watch(palsWire(effect.list), our, PALS_AGENT, `/${effect.list}`);
    case 'WatchOverlay':
      return watch(OVERLAY_WIRE, our, OVERLAY_AGENT, `/${effect.role}/${agent}`);
    case 'LeaveOverlay':
      return leave(OVERLAY_WIRE, our, OVERLAY_AGENT);
    case 'Watch':
      return watch(hearWire(effect.peer), effect.peer, agent, GOSSIP_GOSSIP);
    case 'Leave':
      return leave(hearWire(effect.peer), effect.peer, agent);
    case 'SetTimer':
      return wait(timerWire(effect.timer), effect.delayMs);
    case 'CancelTimer':
      return rest(timerWire(effect.timer));
    case 'Kick':
      return kick([GOSSIP_GOSSIP], effect.peer, effect.reason);
    case 'Refuse':
      return refuse(effect.reason);
    case 'Welcome':
      return poke(WELCOME_WIRE, effect.peer, agent, GOSSIP_WELCOME, null);
    case 'Send':
    case 'SendUpgrade':
    case 'Answer':
    case 'Pass':
      return sendEffect(effect, agent);
    case 'SaveHeld':
      return save(heldKey(effect.id), heldValue(effect));
    case 'ForgetHeld':
      return forget(heldKey(effect.id));
    case 'SaveQuarantined': {
      const { order, from, unknown, body } = effect;
      return save(quarantineKey(effect.id), { order, from, unknown, rumor: body.rumor.bytes });
    }
    case 'ForgetQuarantined':
      return forget(quarantineKey(effect.id));
    case 'SaveConfig':
      return save(CONFIG_KEY, effect.config);
    default:
      return rumorEffect(effect, our);
  }
}

/** Those that go to peers. */
function sendEffect(effect: Extract<GossipEffect<Body>, { type: 'Send' | 'SendUpgrade' | 'Answer' | 'Pass' }>, agent: string): Effect {
  switch (effect.type) {
    case 'Send': {
      const { id, hops, body, eager, except, only } = effect;
      const about = { type: 'fact', paths: [GOSSIP_GOSSIP], rumor: id, owedHops: hops, offer: eager !== true, ...(except !== undefined && { except }), ...(only !== undefined && { only }) } as const;
      return Object.assign(rumorFact(body.rumor.bytes, hops), about);
    }
    case 'SendUpgrade':
      return { type: 'fact', paths: [GOSSIP_GOSSIP], mark: GOSSIP_UPGRADE, data: encodeUpgrade(effect.id, effect.hops), only: effect.only };
    case 'Answer':
      return fact([], GOSSIP_RUMOR, withHops(effect.body.rumor.bytes, effect.hops));
    case 'Pass':
      return poke(passWire(effect.id), effect.to, agent, GOSSIP_RUMOR, withHops(effect.body.rumor.bytes, effect.hops));
  }
}

type RumorEffect = Extract<GossipEffect<Body>, { type: 'Remember' | 'Keep' | 'Deliver' | 'Quarantine' | 'ReportConfig' | 'ReportRumor' | 'ReportPublished' | 'Notice' }>;

/** Those that only wrappers have. */
function rumorEffect(effect: RumorEffect, our: PeerId): Effect {
  switch (effect.type) {
    case 'Remember': {
      const { id, hops, delivered, relayed } = effect;
      return { type: 'remember', id, hops, delivered, relayed };
    }
    case 'Keep': {
      const { id, hops, body } = effect;
      return { type: 'keep', id, mark: body.rumor.mark, payload: body.rumor.payload, hops };
    }
    case 'Deliver': {
      const { id, from, body, replayed } = effect;
      const { bytes } = body.rumor;
      const again = { wire: hearWire(from), mark: GOSSIP_RUMOR, data: bytes };
      return { type: 'deliver', wire: GOSSIP_GOSSIP, sign: { type: 'fact', ...body.shown, id, ...(replayed && { replayed }) }, src: from, id, bytes: bytes.length, again };
    }
    case 'Quarantine': {
      const { bytes } = effect.body.rumor;
      return { type: 'deliver', wire: QUARANTINE_WIRE, sign: { type: 'fact', mark: GOSSIP_RUMOR, data: bytes }, src: effect.from, bytes: bytes.length };
    }
    case 'ReportConfig':
      return { type: 'report', report: { type: 'config', config: effect.config } };
    case 'ReportRumor': {
      const { what, id, hops, src, body } = effect;
      return { type: 'report', report: { type: what, rumor: { id, ...body.shown, hops, src } } };
    }
    case 'ReportPublished': {
      const { id, hops, body, passed, refused } = effect;
      return { type: 'report', report: { type: 'published', rumor: { id, ...body.shown, hops, src: our, sent: [], refused: refused.map((peer) => ({ peer, reason: FORBIDDEN })), passed } } };
    }
    case 'Notice':
      return { type: 'report', report: { type: 'event', event: effect.event } };
  }
}
