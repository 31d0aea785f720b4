/**
 * The topics a node has joined, by name.
 */
import { HearsayError } from '../errors.ts';
import type { PeerId } from '../ids.ts';
import { checkJoin } from './options.ts';
import { SharedTopic } from './shared-topic.ts';
import type { TopicsPort } from './shared-topic.ts';
import type { JoinOptions, Topic } from './topic.ts';
import { TopicHandle } from './topic-handle.ts';

export class Topics {
  readonly #port: TopicsPort;
  readonly #joined = new Map<string, SharedTopic>();
  /** Those being left: who joins again waits for the end. */
  readonly #leaving = new Map<string, Promise<void>>();
  #closed = false;

  constructor(port: TopicsPort) {
    this.#port = port;
  }

  /** @throws HearsayError `HEARSAY_BAD_CONFIG`, `HEARSAY_BAD_ADDRESS`, `HEARSAY_CLOSED`, and what `node.run` throws */
  async join(given: JoinOptions): Promise<Topic> {
    const options = await checkJoin(given, this.#port.limits);
    if (this.#closed) throw closed();
    const shared = this.#shared(options.name);
    // Until there is a handle, so that nobody else's leaving ends it meanwhile.
    const joining = {};
    shared.hold(joining);
    try {
      await shared.ready();
      if (shared.isClosed) throw closed();
      const handle = new TopicHandle(shared, options, this.#port.limits, this.#port.contact(options.bootstrap));
      shared.hold(handle);
      return handle;
    } finally {
      void shared.release(joining);
    }
  }

  /** The overlay of a topic has let go of a neighbour, and why. */
  neighborDown(name: string, peer: PeerId, reason: string): void {
    this.#joined.get(name)?.neighborDown(peer, reason);
  }

  /** Leaves all. Safe to call twice. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#joined.values()].map((shared) => shared.close()));
    await Promise.all(this.#leaving.values());
  }

  #shared(name: string): SharedTopic {
    const joined = this.#joined.get(name);
    if (joined !== undefined) return joined;
    const shared: SharedTopic = new SharedTopic(name, this.#port, this.#leaving.get(name), (over) => {
      if (this.#joined.get(name) === shared) this.#joined.delete(name);
      this.#leaving.set(name, over);
      void over.then(() => {
        if (this.#leaving.get(name) === over) this.#leaving.delete(name);
      });
    });
    this.#joined.set(name, shared);
    return shared;
  }
}

function closed(): HearsayError {
  return new HearsayError('HEARSAY_CLOSED', { field: 'node', rule: 'to be open', value: 'closed' });
}
