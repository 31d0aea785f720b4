/**
 * One datum on its way through a simulated world, and what each node remembers of it. Pure.
 * What the store of every node would hold is kept with the datum: a thousand nodes and a thousand data are then a thousand rows.
 */
import type { Seen } from '../../agent.ts';
import type { RumorId } from '../../ids.ts';
import type { NodeIndex } from '../network.ts';

const SEEN = 1;
const DELIVERED = 2;
const RELAYED = 4;

/** A step of a stem. */
export interface Step {
  readonly from: NodeIndex;
  readonly to: NodeIndex;
}

export class Datum {
  readonly id: RumorId;
  readonly origin: NodeIndex;
  /** As it starts with on the wire. */
  readonly hops: number;
  readonly saidMs: number;
  /** Handed from proxy to proxy before anybody published it, in order. */
  readonly stem: Step[] = [];
  /** Who said it to all with as many hops as it started with, whole or as a header, in order: what nobody does who relays it. */
  readonly publishers: NodeIndex[] = [];
  /** How the first spy came by it, in any form. */
  firstSpied: Step | undefined;
  /** Copies and headers that left for somebody. */
  payloads = 0;
  headers = 0;
  /** To how many agents it was given, the origin's not among them. */
  heardBy = 0;
  readonly #hops: Uint8Array;
  readonly #marks: Uint8Array;
  readonly #heardMs: Float64Array;

  constructor(id: RumorId, origin: NodeIndex, hops: number, nodes: number, saidMs: number) {
    this.id = id;
    this.origin = origin;
    this.hops = hops;
    this.saidMs = saidMs;
    this.#hops = new Uint8Array(nodes);
    this.#marks = new Uint8Array(nodes);
    this.#heardMs = new Float64Array(nodes).fill(Infinity);
  }

  /** That node says it to all, with so many hops. */
  leaves(node: NodeIndex, hops: number): void {
    if (hops === this.hops && !this.publishers.includes(node)) this.publishers.push(node);
  }

  /** What that node remembers. */
  seenBy(node: NodeIndex): Seen | undefined {
    const marks = this.#marks[node] as number;
    return (marks & SEEN) === 0 ? undefined : { hops: this.#hops[node] as number, delivered: (marks & DELIVERED) !== 0, relayed: (marks & RELAYED) !== 0 };
  }

  remember(node: NodeIndex, { hops, delivered, relayed }: Seen): void {
    this.#hops[node] = Math.max(hops, this.#hops[node] as number);
    this.#marks[node] = (this.#marks[node] as number) | SEEN | (delivered ? DELIVERED : 0) | (relayed ? RELAYED : 0);
  }

  /** That node's agent is given it. @returns false when it had been given it before */
  give(node: NodeIndex, atMs: number): boolean {
    if (this.#heardMs[node] !== Infinity) return false;
    this.#heardMs[node] = atMs;
    if (node !== this.origin) this.heardBy += 1;
    return true;
  }

  /** Whether that node's agent was given it. */
  isWith(node: NodeIndex): boolean {
    return this.#heardMs[node] !== Infinity;
  }

  /** From saying to hearing, in ms; `Infinity` when it was not heard. */
  delayMs(node: NodeIndex): number {
    return (this.#heardMs[node] as number) - this.saidMs;
  }
}

/** The id of the nth datum of a world. */
export function rumorOf(n: number): RumorId {
  return n.toString(16).padStart(64, '0') as RumorId;
}
