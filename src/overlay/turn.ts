/** One step of the core: what time it is, and the effects so far. Pure. The parts of the core share one. */
import type { PeerId } from '../ids.ts';
import type { IgnoredReason, OverlayEffect, OverlayEvent, OverlayMessage } from './messages.ts';

export class Turn {
  nowMs = 0;
  #effects: OverlayEffect[] = [];

  begin(nowMs: number): void {
    this.nowMs = nowMs;
    this.#effects = [];
  }

  get effects(): readonly OverlayEffect[] {
    return this.#effects;
  }

  perform(effect: OverlayEffect): void {
    this.#effects.push(effect);
  }

  send(to: PeerId, message: OverlayMessage): void {
    this.#effects.push({ type: 'Send', to, message });
  }

  emit(event: OverlayEvent): void {
    this.#effects.push({ type: 'Emit', event });
  }

  /** Counts a message that changes nothing. */
  ignore(peer: PeerId, message: OverlayMessage['type'], reason: IgnoredReason): void {
    this.emit({ type: 'Ignored', peer, message, reason });
  }
}
