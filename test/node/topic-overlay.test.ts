import { describe, expect, test } from '@jest/globals';
import type { PeerId } from '../../src/ids.ts';
import { TopicOverlay } from '../../src/node/topic-overlay.ts';
import type { NeighborChange, TopicPort } from '../../src/node/topic-overlay.ts';
import { ContactBook } from '../../src/overlay/contact-book.ts';
import type { OverlayMessage } from '../../src/overlay/messages.ts';
import { seededRandom } from '../../src/random.ts';
import { contactOf, ME, MY_RECORD, neighbor, peerOf } from '../overlay/peers.ts';
import { ManualClock } from '../support/clock.ts';

interface Dial {
  readonly peer: PeerId;
  readonly signal: AbortSignal;
  answer(): Promise<void>;
  fail(): Promise<void>;
}

/** The overlay of a topic, whose links are up when the test says so. */
class Stage implements TopicPort {
  readonly self = ME;
  readonly clock = new ManualClock();
  readonly random = seededRandom(1);
  readonly book = new ContactBook();
  readonly linked = new Set<PeerId>();
  readonly sent: { readonly peer: PeerId; readonly type: OverlayMessage['type'] }[] = [];
  readonly dials: Dial[] = [];
  readonly letGo: PeerId[] = [];
  readonly changes: NeighborChange[] = [];
  bookChanges = 0;
  readonly overlay: TopicOverlay;

  constructor(...members: number[]) {
    for (const member of members) this.book.heardOf(contactOf(member));
    this.overlay = new TopicOverlay(this);
    this.overlay.start('member', MY_RECORD);
  }

  now = (): number => this.clock.now();
  hosts = (): readonly PeerId[] => [];
  contactOf = (peer: PeerId): { peer: PeerId; record: undefined } => ({ peer, record: undefined });
  isDialable = (): boolean => true;
  learned = (): void => undefined;
  ignored = (): void => undefined;
  bookChanged = (): void => void (this.bookChanges += 1);
  released = (peer: PeerId): void => void this.letGo.push(peer);
  changed = (change: NeighborChange): void => void this.changes.push(change);

  send(peer: PeerId, { type }: OverlayMessage): boolean {
    if (this.linked.has(peer)) this.sent.push({ peer, type });
    return this.linked.has(peer);
  }

  dial({ peer }: { readonly peer: PeerId }, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const settled = (end: () => void): Promise<void> => {
        end();
        return new Promise((done) => setImmediate(done));
      };
      const answer = (): Promise<void> => {
        this.linked.add(peer);
        return settled(resolve);
      };
      this.dials.push({ peer, signal, answer, fail: () => settled(() => reject(new Error('nobody there'))) });
    });
  }
}

describe('a dial under way', () => {
  test('asks once the link is there', async () => {
    const stage = new Stage(1);
    expect(stage.overlay.uses(peerOf(1))).toBe(true);
    await stage.dials[0]?.answer();
    expect(stage.sent).toEqual([{ peer: peerOf(1), type: 'Join' }]);
  });

  test('one that fails is given up, and the next is dialled', async () => {
    const stage = new Stage(1, 2);
    await stage.dials[0]?.fail();
    expect(stage.dials.map(({ peer }) => peer).sort()).toEqual([peerOf(1), peerOf(2)]);
    expect(stage.overlay.uses(stage.dials[0]?.peer as PeerId)).toBe(false);
  });

  test('is aborted by leaving, and asks nothing afterwards', async () => {
    const stage = new Stage(1);
    stage.overlay.leave();
    expect(stage.dials[0]?.signal.aborted).toBe(true);
    await stage.dials[0]?.answer();
    expect(stage.sent).toEqual([]);
    expect(stage.letGo).toContain(peerOf(1));
  });

  test('is aborted when a link to that peer is lost meanwhile, since the core has turned to others: it asks nothing afterwards', async () => {
    const stage = new Stage(1);
    stage.overlay.linkDown(peerOf(1));
    expect(stage.dials[0]?.signal.aborted).toBe(true);
    await stage.dials[0]?.answer();
    expect(stage.sent).toEqual([]);
    // The link that came about after all is nobody's here.
    expect(stage.letGo).toEqual([peerOf(1)]);
  });

  test('of a link that was lost does not outlive the topic either', async () => {
    const stage = new Stage(1);
    stage.overlay.linkDown(peerOf(1));
    stage.overlay.leave();
    await stage.dials[0]?.answer();
    expect(stage.sent).toEqual([]);
    expect(stage.clock.timers).toBe(0);
  });
});

describe('the book', () => {
  test('is written when somebody new is in it, and not when those that are in it are named again', () => {
    const stage = new Stage();
    stage.overlay.received(peerOf(1), neighbor(1));
    expect([stage.bookChanges, stage.book.entries.length]).toEqual([1, 1]);
    const names = (nonce: number): void => stage.overlay.received(peerOf(1), { type: 'Shuffle', generation: 1, origin: peerOf(2), nonce, ttlHops: 1, contacts: [2, 3].map(contactOf) });
    names(1);
    expect([stage.bookChanges, stage.book.entries.length]).toEqual([2, 3]);
    // One walk of a neighbour is taken in each half minute.
    stage.clock.advance(31_000);
    names(2);
    expect(stage.bookChanges).toBe(2);
  });
});
