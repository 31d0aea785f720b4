/**
 * Reads and changes the config of an agent on another node, which lists us among its admins. An agent of our own node that pokes and watches for
 * us, and promises of what comes back.
 */
import { leave, poke, wait, watch } from '../../agent.ts';
import type { Agent, Effects, Sign, Wire } from '../../agent.ts';
import { HearsayError } from '../../errors.ts';
import type { PeerId } from '../../ids.ts';
import type { App } from '../../node/app.ts';
import type { HearsayNode } from '../../node/create-node.ts';
import { CONFIG_PATH } from '../../topics/shown-config.ts';

/** The name this agent runs under. */
const NAME = 'remote-config';
/** How long a config may take to come, in ms (as a poke: limits.pokeTimeoutMs). */
const ANSWER_TIMEOUT_MS = 30_000;

interface Question {
  readonly peer: PeerId;
  readonly topic: string;
  /** Nothing: the config is to be read. */
  readonly change?: Readonly<Record<string, unknown>>;
}

interface Pending extends Question {
  resolve(config: unknown): void;
  reject(error: HearsayError): void;
}

export class RemoteConfig {
  readonly #pending = new Map<Wire, Pending>();
  #app: App | undefined;
  #asked = 0;

  /** Runs the agent. */
  async start(node: HearsayNode): Promise<void> {
    this.#app = await node.run(NAME, this.#agent());
  }

  /** @throws HearsayError `HEARSAY_REFUSED` with the reason: `forbidden` where we are no admin or no such agent runs, `unreachable`, `bad-config` */
  async ask(question: Question): Promise<unknown> {
    this.#asked += 1;
    const wire = `/${this.#asked}`;
    try {
      return await new Promise((resolve, reject) => {
        this.#pending.set(wire, { ...question, resolve, reject });
        this.#app?.poke('ask', wire).catch(reject);
      });
    } finally {
      this.#pending.delete(wire);
    }
  }

  #agent(): Agent {
    return {
      onPoke: ({ data }) => this.#put(data as Wire),
      onAgent: (wire, sign) => this.#answered(wire, sign),
      onWake: (wire) => this.#late(wire),
    };
  }

  #put(wire: Wire): Effects {
    const asked = this.#pending.get(wire);
    if (asked === undefined) return [];
    const { peer, topic, change } = asked;
    return change === undefined ? [watch(wire, peer, topic, CONFIG_PATH), wait(wire, ANSWER_TIMEOUT_MS)] : poke(wire, peer, topic, 'gossip-config', change);
  }

  #answered(wire: Wire, sign: Sign): Effects {
    const asked = this.#pending.get(wire);
    if (asked === undefined) return [];
    if (sign.type === 'kick') asked.reject(refused(asked, sign.reason));
    else if (sign.type === 'fact') asked.resolve(sign.data);
    else if (sign.refused !== undefined) asked.reject(refused(asked, sign.refused));
    else if (sign.type === 'poke-ack') asked.resolve(undefined);
    return sign.type === 'fact' ? leave(wire, asked.peer, asked.topic) : [];
  }

  #late(wire: Wire): Effects {
    const asked = this.#pending.get(wire);
    if (asked === undefined) return [];
    asked.reject(refused(asked, 'unreachable'));
    return leave(wire, asked.peer, asked.topic);
  }
}

function refused({ peer, topic }: Question, reason: string): HearsayError {
  return new HearsayError('HEARSAY_REFUSED', { field: `config of ${topic} at ${peer.slice(0, 8)}`, rule: 'to be ours to read and change', value: reason });
}
