/**
 * What holds whatever peers send and whatever becomes of links: our own id among the peers, any number, any order, any reply.
 */
import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { MAX_CONTACTS, overlayConfig } from '../../src/overlay/config.ts';
import { HyParView } from '../../src/overlay/hyparview.ts';
import type { Contact, OverlayEffect, OverlayEvent, OverlayInput, OverlayMessage } from '../../src/overlay/messages.ts';
import { seededRandom } from '../../src/random.ts';
import { contactOf, ME, peerOf } from './peers.ts';

const CONFIG = overlayConfig({ activeViewSize: 3, passiveViewSize: 4, maxAnchors: 2, maxLeaves: 2, maxRequests: 4, maxWalks: 3 });
const MAX_EFFECTS = 200;

const peer = fc.integer({ min: 0, max: 9 });
const contact = peer.map(contactOf);
const contacts = fc.array(contact, { maxLength: 20 });
const u32 = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }));
const record = fc.constant(undefined);

/** `echo`: with the generation or nonce that we used last with that peer, so that replies fit. */
type Step = { readonly input: OverlayInput; readonly echo: boolean; readonly passMs: number };

const message: fc.Arbitrary<OverlayMessage> = fc.oneof(
  fc.record({ type: fc.constant('Join' as const), generation: u32, leaf: fc.boolean(), record }),
  fc.record({ type: fc.constant('JoinReply' as const), generation: u32, accepted: fc.boolean(), contacts }),
  fc.record({ type: fc.constant('ForwardJoin' as const), joiner: contact, ttlHops: fc.integer({ min: 0, max: 65_535 }) }),
  fc.record({ type: fc.constant('Neighbor' as const), generation: u32, priority: fc.constantFrom('low' as const, 'high' as const, 'probe' as const), leaf: fc.boolean(), record }),
  fc.record({ type: fc.constant('NeighborReply' as const), generation: u32, accepted: fc.boolean(), offer: fc.option(contact) }),
  fc.record({ type: fc.constant('Disconnect' as const), generation: u32, alive: fc.boolean(), offer: fc.option(contact) }),
  fc.record({ type: fc.constant('Shuffle' as const), generation: u32, origin: peer.map(peerOf), nonce: u32, ttlHops: fc.integer({ min: 0, max: 65_535 }), contacts }),
  fc.record({ type: fc.constant('ShuffleReply' as const), origin: peer.map(peerOf), nonce: u32, contacts }),
);

const input: fc.Arbitrary<OverlayInput> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ type: fc.constant('MessageReceived' as const), from: peer.map(peerOf), message }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('TimerFired' as const), timer: fc.constantFrom('shuffle' as const, 'requests' as const, 'repair' as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('LinkLost' as const), peer: peer.map(peerOf) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('ConnectFailed' as const), peer: peer.map(peerOf) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('JoinRequested' as const), contacts }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('ProbeRequested' as const), contact }) },
);

const steps: fc.Arbitrary<Step[]> = fc.array(fc.record({ input, echo: fc.boolean(), passMs: fc.constantFrom(0, 1, 700, 11_000, 130_000) }), { maxLength: 60 });

/** Plays the steps, and says what was wrong after which. */
function faultsOf(role: 'member' | 'leaf', given: readonly Step[], seed: number): string[] {
  const core = new HyParView(ME, CONFIG, seededRandom(seed));
  const faults: string[] = [];
  const up = new Set<string>();
  const used = new Map<string, number>();
  let nowMs = 0;
  const play = (next: OverlayInput): void => {
    const effects = core.step(next, nowMs);
    faults.push(...wrongWith(effects, up, used).map((fault) => `${fault} after ${JSON.stringify(next)}`));
    faults.push(...wrongViews(core, up));
  };
  play({ type: 'Started', role, record: undefined });
  for (const { input: next, echo, passMs } of given) {
    nowMs += passMs;
    play(echo ? echoed(next, used) : next);
  }
  play({ type: 'LeaveRequested' });
  if (up.size > 0) faults.push('neighbours after leaving');
  return faults;
}

function echoed(next: OverlayInput, used: ReadonlyMap<string, number>): OverlayInput {
  if (next.type !== 'MessageReceived') return next;
  const number = used.get(next.from);
  if (number === undefined) return next;
  const key = next.message.type === 'ShuffleReply' ? 'nonce' : 'generation';
  return key in next.message ? { ...next, message: { ...next.message, ...(key === 'nonce' && { origin: ME }), [key]: number } as OverlayMessage } : next;
}

function wrongWith(effects: readonly OverlayEffect[], up: Set<string>, used: Map<string, number>): string[] {
  const faults: string[] = effects.length > MAX_EFFECTS ? [`${effects.length} effects`] : [];
  for (const effect of effects) {
    if (effect.type === 'Emit') faults.push(...wrongEvent(effect.event, up));
    if (effect.type === 'SetTimer' && !(effect.delayMs >= 1 && effect.delayMs <= 90_000)) faults.push(`a delay of ${effect.delayMs}`);
    if (effect.type === 'Send') faults.push(...wrongMessage(effect.to, effect.message, used));
    if (effect.type === 'Connect') faults.push(...wrongMessage(effect.to.peer, effect.message, used));
  }
  return faults;
}

function wrongEvent(event: OverlayEvent, up: Set<string>): string[] {
  if (event.type === 'NeighborDown' && !up.delete(event.peer)) return ['a NeighborDown without NeighborUp'];
  if (event.type !== 'NeighborUp') return [];
  const again = up.has(event.peer);
  up.add(event.peer);
  return again ? ['a second NeighborUp'] : [];
}

/** What passes through us is as long as it came: the door bounds that. */
function wrongMessage(to: string, sent: OverlayMessage, used: Map<string, number>): string[] {
  if ('generation' in sent) used.set(to, sent.generation);
  if (sent.type === 'Shuffle') used.set(to, sent.nonce);
  const faults = to === ME ? [`${sent.type} to ourselves`] : [];
  return sent.type === 'JoinReply' && sent.contacts.length > MAX_CONTACTS ? [...faults, 'too many contacts'] : faults;
}

function wrongViews(core: HyParView, up: ReadonlySet<string>): string[] {
  const { activeView, leaves } = core;
  const passive = core.passiveView.map(({ peer: id }: Contact) => id);
  const all = [...activeView, ...leaves, ...passive];
  const faults: string[] = [];
  if (activeView.length > CONFIG.activeViewSize) faults.push('the active view is too large');
  if (leaves.length > CONFIG.maxLeaves) faults.push('too many leaves');
  if (passive.length > CONFIG.passiveViewSize) faults.push('the passive view is too large');
  if (new Set(all).size !== all.length) faults.push('the views overlap');
  if (all.includes(ME)) faults.push('we are in our own views');
  if (up.size !== activeView.length + leaves.length) faults.push('the events do not add up to the views');
  return faults;
}

test('whatever peers send: views bounded, disjoint and without ourselves, events that add up, nothing sent to ourselves, nothing thrown', () => {
  fc.assert(
    fc.property(fc.constantFrom('member' as const, 'leaf' as const), steps, fc.integer({ min: 0, max: 1_000 }), (role, given, seed) => {
      const faults = faultsOf(role, given, seed);
      if (faults.length > 0) expect(faults).toEqual([]);
    }),
    { numRuns: 1_500 },
  );
});
