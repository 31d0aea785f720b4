/** The books of the link core: every connection and the stage it is in. Pure. */
import type { PeerId } from '../../ids.ts';
import type { ConnectionId, LinkLimits } from './events.ts';

/** How long a connection that lost, or that is being closed, is still read (design). */
export const DRAIN_MS = 2_000;

/**
 * dialling: ours, until it is authenticated. accepted: theirs, until it is. linked: the one that carries messages.
 * losing: its peer has a better one; still read. leaving: on its way out; of no more use.
 */
export type Stage = 'dialling' | 'accepted' | 'linked' | 'losing' | 'leaving';

/** What the core knows of a connection. */
export interface Connection {
  readonly id: ConnectionId;
  readonly dialled: boolean;
  /** Whom we dial, if we know; once authenticated, who it is. */
  peer: PeerId | undefined;
  readonly prefix: string;
  stage: Stage;
  /** When it came into its stage. */
  sinceMs: number;
  /** Frames that had come at the last reading. */
  frames: number;
  heardMs: number;
  /** An unanswered ping was sent then. */
  pingMs: number | undefined;
  /** It has held more than `maxStalledBytes` since then. */
  stalledMs: number | undefined;
  /** It held more than `maxBufferedBytes`, and its peer was not yet reported as drained. */
  congested: boolean;
  saidGoaway: boolean;
  heardGoaway: boolean;
}

const EXPIRING = ['dialling', 'accepted', 'losing', 'leaving'] as const;

/** All connections. Whoever adds one has seen to the bound of its stage; only the way out is bounded here. */
export class Connections {
  readonly #limits: LinkLimits;
  readonly #byId = new Map<ConnectionId, Connection>();
  /** Oldest first. As a stage has one duration, the first of it is the first to expire. */
  readonly #stages: Readonly<Record<Stage, Set<Connection>>> = {
    dialling: new Set(),
    accepted: new Set(),
    linked: new Set(),
    losing: new Set(),
    leaving: new Set(),
  };

  constructor(limits: LinkLimits) {
    this.#limits = limits;
  }

  get(id: ConnectionId): Connection | undefined {
    return this.#byId.get(id);
  }

  /** Those in a stage, oldest first. A copy: they may move meanwhile. */
  in(stage: Stage): Connection[] {
    return [...this.#stages[stage]];
  }

  count(stage: Stage): number {
    return this.#stages[stage].size;
  }

  add(id: ConnectionId, stage: Stage, peer: PeerId | undefined, prefix: string, nowMs: number): Connection {
    const connection: Connection = {
      id,
      dialled: stage === 'dialling',
      peer,
      prefix,
      stage,
      sinceMs: nowMs,
      frames: 0,
      heardMs: nowMs,
      pingMs: undefined,
      stalledMs: undefined,
      congested: false,
      saidGoaway: false,
      heardGoaway: false,
    };
    this.#byId.set(id, connection);
    this.#stages[stage].add(connection);
    return connection;
  }

  move(connection: Connection, stage: Stage, nowMs: number): void {
    this.#stages[connection.stage].delete(connection);
    this.#stages[stage].add(connection);
    connection.stage = stage;
    connection.sinceMs = nowMs;
  }

  forget(connection: Connection): void {
    this.#byId.delete(connection.id);
    this.#stages[connection.stage].delete(connection);
  }

  /** The oldest on its way out, when more are (in one stage of it) than may be linked. */
  surplus(): Connection | undefined {
    for (const stage of ['losing', 'leaving'] as const) {
      if (this.#stages[stage].size > this.#limits.maxLinks) return first(this.#stages[stage]);
    }
    return undefined;
  }

  /** Those whose stage has lasted long enough. */
  expired(nowMs: number): Connection[] {
    return EXPIRING.flatMap((stage) => this.in(stage).filter((connection) => this.#expiresMs(connection) <= nowMs));
  }

  /** When the next one expires. */
  get earliestMs(): number {
    const firsts = EXPIRING.map((stage) => first(this.#stages[stage]));
    return Math.min(...firsts.map((connection) => (connection === undefined ? Infinity : this.#expiresMs(connection))));
  }

  #expiresMs({ stage, sinceMs }: Connection): number {
    return sinceMs + (stage === 'losing' || stage === 'leaving' ? DRAIN_MS : this.#limits.handshakeTimeoutMs);
  }
}

function first<Item>(items: Iterable<Item>): Item | undefined {
  for (const item of items) return item;
  return undefined;
}
