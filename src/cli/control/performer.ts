/** Does what is asked of a running node. */
import { HearsayError } from '../../errors.ts';
import { peerId } from '../../ids.ts';
import type { PeerId } from '../../ids.ts';
import type { App } from '../../node/app.ts';
import type { HearsayNode } from '../../node/create-node.ts';
import type { GossipConfig } from '../../wrapper/config.ts';
import type { Request, Whose } from './protocol.ts';
import type { RemoteConfig } from './remote-config.ts';

/** What `status` tells. */
export interface Status {
  readonly id: PeerId;
  readonly dir: string;
  readonly addresses: readonly string[];
  readonly pid: number;
  readonly upSeconds: number;
  readonly peers: number;
  readonly pals: { readonly targets: number; readonly leeches: number; readonly mutuals: number };
  /** Ids of rumors it remembers. */
  readonly seen: number;
  readonly topics: readonly { readonly name: string; readonly config: GossipConfig; readonly published: number; readonly received: number; readonly relayed: number }[];
}

/** What a peer is to us. */
export type Relation = 'mutual' | 'target' | 'leeche' | 'stranger';

/** A row of `peers`. */
export interface PeerRow {
  readonly id: PeerId;
  readonly relation: Relation;
}

/** A row of `pals list`. */
export interface PalRow extends PeerRow {
  readonly connected: boolean;
  /** Whether it acknowledged that we added it; absent when it has yet to answer, or we did not. */
  readonly acknowledged?: boolean;
  readonly lists: readonly string[];
}

/** An agent that runs here, and what it has done since the start. */
export interface Running {
  readonly app: App;
  readonly counts: { published: number; received: number; relayed: number };
}

export class Performer {
  readonly #node: HearsayNode;
  readonly #dir: string;
  readonly #topics: ReadonlyMap<string, Running>;
  readonly #remote: RemoteConfig;
  readonly #startedMs = performance.now();

  constructor(node: HearsayNode, dir: string, topics: ReadonlyMap<string, Running>, remote: RemoteConfig) {
    this.#node = node;
    this.#dir = dir;
    this.#topics = topics;
    this.#remote = remote;
  }

  /** @throws HearsayError what the node, or another one, answers */
  async perform(asked: Request): Promise<unknown> {
    const { pals } = this.#node;
    switch (asked.do) {
      case 'status':
        return this.#status();
      case 'peers':
        return this.#peers();
      case 'invite':
        return pals.invite({ ttlMs: asked.ttlMs });
      case 'redeem':
        return pals.redeem(asked.link);
      case 'meet':
        return pals.meet(peerId(asked.peer), asked.lists);
      case 'part':
        return pals.part(peerId(asked.peer), asked.lists);
      case 'pals':
        return this.#pals(asked.list ?? undefined);
      case 'config-get':
        return this.#config(asked);
      case 'config-set':
        return this.#config(asked, asked.change);
    }
  }

  #status(): Status {
    const { id, addresses, pals, peers, seenCount } = this.#node;
    return {
      id,
      dir: this.#dir,
      addresses,
      pid: process.pid,
      upSeconds: Math.round((performance.now() - this.#startedMs) / 1_000),
      peers: peers.length,
      pals: { targets: pals.targets().length, leeches: pals.leeches().length, mutuals: pals.mutuals().length },
      seen: seenCount,
      topics: [...this.#topics].map(([name, { app, counts }]) => ({ name, config: configOf(app), ...counts })),
    };
  }

  #peers(): readonly PeerRow[] {
    const relation = this.#relations();
    return this.#node.peers.map((id) => ({ id, relation: relation(id) }));
  }

  #pals(list: string | undefined): readonly PalRow[] {
    const { pals } = this.#node;
    const [relation, receipts, connected] = [this.#relations(), pals.receipts(), new Set(this.#node.peers)];
    const labels = pals.lists().map((name) => ({ name, peers: new Set(pals.targets(name)) }));
    const all = list === undefined ? [...new Set([...pals.targets(), ...pals.leeches()])].sort() : pals.targets(list);
    return all.map((id) => {
      const acknowledged = receipts.get(id);
      const lists = labels.filter(({ peers }) => peers.has(id)).map(({ name }) => name);
      return { id, relation: relation(id), connected: connected.has(id), ...(acknowledged !== undefined && { acknowledged }), lists };
    });
  }

  /** Changes the config, if there is a change, and gives it. */
  async #config({ topic, peer }: Whose, change?: Readonly<Record<string, unknown>>): Promise<unknown> {
    const name = topic ?? this.#onlyTopic();
    if (peer !== null && peerId(peer) !== this.#node.id) {
      const question = { peer: peerId(peer), topic: name };
      if (change !== undefined) await this.#remote.ask({ ...question, change });
      return this.#remote.ask(question);
    }
    const running = this.#topics.get(name);
    if (running === undefined) throw new HearsayError('HEARSAY_REFUSED', { field: '--topic', rule: `to be one that runs here: ${[...this.#topics.keys()].join(', ')}`, value: name });
    if (change !== undefined) await running.app.poke('gossip-config', change);
    return configOf(running.app);
  }

  #onlyTopic(): string {
    const [name, ...others] = this.#topics.keys();
    if (name !== undefined && others.length === 0) return name;
    throw new HearsayError('HEARSAY_BAD_CONFIG', { field: '--topic', rule: 'to be given where more than one runs' });
  }

  #relations(): (peer: PeerId) => Relation {
    const [targets, leeches] = [new Set(this.#node.pals.targets()), new Set(this.#node.pals.leeches())];
    return (peer) => (targets.has(peer) ? (leeches.has(peer) ? 'mutual' : 'target') : leeches.has(peer) ? 'leeche' : 'stranger');
  }
}

function configOf(app: App): GossipConfig {
  return app.peek('/x/~/gossip/config') as GossipConfig;
}
