/**
 * Our watches of our own node, which tells us whom there is: its pals, and its overlay of the topic. Pure. Rules W24 and W25.
 */
import type { GossipConfig } from '../config.ts';
import type { Audience } from './audience.ts';
import type { Context } from './context.ts';
import type { OverlayRole, PalsList } from './messages.ts';

/** How long to wait after pals refused us (Urbit), or the overlay. */
const LOCAL_RETRY_MS = 60_000;

export class Acquaintance<Body> {
  readonly #context: Context<Body>;
  readonly #audience: Audience<Body>;
  /** The halves of pals that refused us, until their timer fires. */
  readonly #palsRetries: Set<PalsList> = new Set();
  /** The overlay refused us, until its timer fires. */
  #overlayRetry = false;

  constructor(context: Context<Body>, audience: Audience<Body>) {
    this.#context = context;
    this.#audience = audience;
  }

  started(): void {
    this.#context.emit({ type: 'WatchPals', list: 'targets' });
    this.#context.emit({ type: 'WatchPals', list: 'leeches' });
    this.joinOverlay();
  }

  palsRefused(list: PalsList, reason: string): void {
    this.#forgetPals(list);
    this.#palsRetries.add(list);
    this.#context.notice({ name: 'pals-refused', reason });
    this.#context.emit({ type: 'SetTimer', timer: { of: 'pals', list }, delayMs: LOCAL_RETRY_MS });
  }

  palsKicked(list: PalsList): void {
    this.#forgetPals(list);
    this.#context.emit({ type: 'WatchPals', list });
  }

  overlayRefused(reason: string): void {
    this.#forgetNeighbors();
    this.#overlayRetry = true;
    this.#context.notice({ name: 'overlay-refused', reason });
    this.#context.emit({ type: 'SetTimer', timer: { of: 'overlay' }, delayMs: LOCAL_RETRY_MS });
  }

  /** Takes the place in the topic's overlay that the policy gives us, if any, and forgets whom we knew in another one. */
  joinOverlay(): void {
    this.#forgetNeighbors();
    this.#overlayRetry = false;
    const role = overlayRole(this.#context.config);
    if (role !== undefined) this.#context.emit({ type: 'WatchOverlay', role });
  }

  /** The policy changed. @param before the config that was in effect */
  changed(before: GossipConfig): void {
    const role = overlayRole(this.#context.config);
    if (role === overlayRole(before)) return;
    if (this.#overlayRetry) this.#context.emit({ type: 'CancelTimer', timer: { of: 'overlay' } });
    if (role === undefined) this.#context.emit({ type: 'LeaveOverlay' });
    this.joinOverlay();
  }

  // Timers outlive the process: one may be from a run that waited for what this one has.

  retryPals(list: PalsList): void {
    if (this.#palsRetries.delete(list)) this.#context.emit({ type: 'WatchPals', list });
  }

  retryOverlay(): void {
    if (this.#overlayRetry) this.joinOverlay();
  }

  /** Differs: nobody tells us of a part while we do not watch, so nobody counts as a pal until pals says so again. */
  #forgetPals(list: PalsList): void {
    for (const peer of this.#context.circle.clear(list)) this.#audience.review(peer);
  }

  #forgetNeighbors(): void {
    for (const peer of this.#context.circle.clear('neighbors')) this.#audience.review(peer);
  }
}

/** What the policy makes us in the topic's overlay; `undefined`: we stay out. */
function overlayRole({ hear, tell }: GossipConfig): OverlayRole | undefined {
  if (hear !== 'anybody' && tell !== 'anybody') return undefined;
  return hear === tell ? 'member' : 'leaf';
}
