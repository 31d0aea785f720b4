/** Two routers, whose far sides a test plays. */
import type { PeerId } from '../../src/ids.ts';
import { limits } from '../../src/limits.ts';
import { Router } from '../../src/node/router.ts';
import type { Watcher } from '../../src/node/session.ts';
import type { Subscriber } from '../../src/node/subscribers.ts';
import { ManualClock } from './clock.ts';

export const ANN = 'a'.repeat(64) as PeerId;
export const BOB = 'b'.repeat(64) as PeerId;
export const TOPIC = 'c'.repeat(64);

/** Two routers and a link between them that can be cut. What the far agents would answer is set by the test. */
export class RouterPair {
  readonly clock = new ManualClock();
  readonly log: string[] = [];
  up = false;
  congested = false;
  served: Subscriber[] = [];
  answerWatch: (answer: (refused?: string) => void) => void = (answer) => answer();
  answerPoke: (answer: (refused?: string) => void) => void = (answer) => answer();
  barriers: (() => void)[] = [];
  holdBarriers = false;
  readonly ann: Router = this.#router('ann', BOB);
  readonly bob: Router = this.#router('bob', ANN);

  #router(name: 'ann' | 'bob', other: PeerId): Router {
    return new Router({
      clock: this.clock,
      limits: limits({ maxWatchesPerPeer: 2, maxPendingPokes: 2 }),
      send: (_peer, bytes, rest) => {
        if (this.up) this[name === 'ann' ? 'bob' : 'ann'].received(name === 'ann' ? ANN : BOB, rest === undefined ? bytes : Buffer.concat([bytes, rest]));
        return this.up;
      },
      congested: () => this.congested,
      want: (_peer, wanted) => this.log.push(`${name} ${wanted ? 'wants' : 'no longer wants'} ${other[0]}`),
      misbehaved: (_peer, reason) => this.log.push(`${name}: ${reason}`),
      dropped: () => this.log.push(`${name} dropped a fact`),
      watched: (_topic, subscriber, answer) => {
        this.served.push(subscriber);
        this.answerWatch(answer);
      },
      poked: (_topic, _src, mark, _payload, answer) => {
        this.log.push(`${name} poked ${mark}`);
        this.answerPoke(answer);
      },
      record: (_peer, record) => this.log.push(`${name} got a record of ${record.length}`),
      overlay: () => undefined,
      find: () => undefined,
      barrier: (done) => {
        if (this.holdBarriers) this.barriers.push(done);
        else done();
      },
    });
  }

  connect(): void {
    this.up = true;
    this.ann.linkUp(BOB);
    this.bob.linkUp(ANN);
  }

  cut(): void {
    this.up = false;
    this.ann.linkDown(BOB);
    this.bob.linkDown(ANN);
  }

  watcher(name: string): Watcher {
    return {
      acked: (refused) => this.log.push(`${name} acked ${refused ?? 'ok'}`),
      fact: (mark, message, payloadAt) => this.log.push(`${name} fact ${mark} ${message.length - payloadAt}`),
      offered: () => false,
      kicked: (reason) => this.log.push(`${name} kicked ${reason}`),
    };
  }
}
