/** Names, and a core to ask: for tests of the overlay. */
import type { PeerId } from '../../src/ids.ts';
import { overlayConfig } from '../../src/overlay/config.ts';
import type { OverlayConfig } from '../../src/overlay/config.ts';
import { HyParView } from '../../src/overlay/hyparview.ts';
import { PARTING_NONCE } from '../../src/overlay/messages.ts';
import type { Contact, OverlayEffect, OverlayEvent, OverlayInput, OverlayMessage, Role } from '../../src/overlay/messages.ts';
import { seededRandom } from '../../src/random.ts';

export function peerOf(number: number): PeerId {
  return number.toString(16).padStart(64, '0') as PeerId;
}

export function contactOf(number: number): Contact {
  return { peer: peerOf(number), record: Uint8Array.of(number) };
}

export const ME: PeerId = peerOf(0);
export const MY_RECORD: Uint8Array = Uint8Array.of(0);

/** A core under test: time stands still unless it is told otherwise. */
export class Bench {
  readonly core: HyParView;
  readonly config: OverlayConfig;
  nowMs = 1_000_000;

  constructor(given: Partial<OverlayConfig> = {}, role: Role = 'member', seed = 1) {
    this.config = overlayConfig(given);
    this.core = new HyParView(ME, this.config, seededRandom(seed));
    this.step({ type: 'Started', role, record: MY_RECORD });
  }

  step(input: OverlayInput): readonly OverlayEffect[] {
    return this.core.step(input, this.nowMs);
  }

  hear(from: number, message: OverlayMessage): readonly OverlayEffect[] {
    return this.step({ type: 'MessageReceived', from: peerOf(from), message });
  }

  /** Makes neighbours of these, with their number as generation. */
  befriend(...numbers: number[]): this {
    for (const number of numbers) this.hear(number, neighbor(number, { priority: 'low' }));
    return this;
  }

  /** Puts these into the passive view. The first neighbour names them: as its parting gift when it is the only one, or else by walks that pass. */
  know(...numbers: number[]): this {
    const [from, ...others] = this.core.activeView as [PeerId, ...PeerId[]];
    const messages: OverlayMessage[] =
      others.length === 0
        ? [{ type: 'ShuffleReply', origin: ME, nonce: PARTING_NONCE, contacts: numbers.map(contactOf) }]
        : numbers.map((number) => ({ type: 'ForwardJoin', joiner: contactOf(number), ttlHops: this.config.passiveWalkHops }));
    for (const message of messages) this.step({ type: 'MessageReceived', from, message });
    return this;
  }

  get passive(): PeerId[] {
    return this.core.passiveView.map(({ peer }) => peer);
  }
}

export function neighbor(number: number, { priority = 'low', generation = number, leaf = false }: { priority?: 'low' | 'high' | 'probe'; generation?: number; leaf?: boolean } = {}): OverlayMessage {
  return { type: 'Neighbor', generation, priority, leaf, record: Uint8Array.of(number) };
}

export function join(number: number, { leaf = false, generation = number }: { leaf?: boolean; generation?: number } = {}): OverlayMessage {
  return { type: 'Join', generation, leaf, record: Uint8Array.of(number) };
}

/** What was sent, over a link or a new one, as `[to, message]`. */
export function sent<Type extends OverlayMessage['type']>(effects: readonly OverlayEffect[], type: Type): { to: PeerId; message: Extract<OverlayMessage, { type: Type }> }[] {
  return effects.flatMap((effect) => {
    if (effect.type === 'Send' && effect.message.type === type) return [{ to: effect.to, message: effect.message as Extract<OverlayMessage, { type: Type }> }];
    if (effect.type === 'Connect' && effect.message.type === type) return [{ to: effect.to.peer, message: effect.message as Extract<OverlayMessage, { type: Type }> }];
    return [];
  });
}

export function events<Type extends OverlayEvent['type']>(effects: readonly OverlayEffect[], type: Type): Extract<OverlayEvent, { type: Type }>[] {
  return effects.flatMap((effect) => (effect.type === 'Emit' && effect.event.type === type ? [effect.event as Extract<OverlayEvent, { type: Type }>] : []));
}

/** Effects in brief: `Send Disconnect`, `Close`, `NeighborUp joined` … */
export function brief(effects: readonly OverlayEffect[]): string[] {
  return effects.map((effect) => {
    if (effect.type === 'Emit') return effect.event.type === 'NeighborDown' || effect.event.type === 'NeighborUp' ? `${effect.event.type} ${effect.event.reason}` : effect.event.type === 'Ignored' ? `Ignored ${effect.event.reason}` : effect.event.type;
    if (effect.type === 'SetTimer') return `SetTimer ${effect.timer}`;
    return effect.type === 'Close' ? 'Close' : `${effect.type} ${effect.message.type}`;
  });
}
