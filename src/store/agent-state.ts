/**
 * What agents leave behind, as keys and values: the state of one agent read, and the changes of one group as operations.
 */
import { damage, opened, sealed, VIEW } from './database.ts';
import type { Database, Operation } from './database.ts';
import type { AgentRecords } from './group-records.ts';
import { AgentPart, agentEnd, agentKey, agentPart } from './layout.ts';
import type { AgentState } from './store.ts';

const MAX_NUMBER = 255;

/**
 * The numbers by which the ids' log knows agents: 1 to 255 in the order in which they first ran; 0 for more than that, and for ids
 * that are older than their numbers.
 */
export class AgentNumbers {
  readonly #numbers = new Map<string, number>();
  readonly #written = new Set<string>();
  #last = 0;

  /** From disk. @param value of the agent's `ran` */
  read(agent: string, value: Uint8Array): void {
    const [number] = value;
    // Schema 1 had no numbers: it gets one with its next group.
    if (number === undefined) return;
    this.#numbers.set(agent, number);
    this.#written.add(agent);
    this.#last = Math.max(this.#last, number);
  }

  readonly of = (agent: string): number => {
    let number = this.#numbers.get(agent);
    if (number !== undefined) return number;
    number = this.#last < MAX_NUMBER ? (this.#last += 1) : 0;
    this.#numbers.set(agent, number);
    return number;
  };

  /** The number of an agent that has one. */
  find(agent: string): number | undefined {
    return this.#numbers.get(agent);
  }

  isWritten(agent: string): boolean {
    return this.#written.has(agent);
  }

  written(agent: string): void {
    this.#written.add(agent);
  }
}

/** @returns `undefined` when the agent never ran here */
export async function readAgentState(db: Database, agent: string): Promise<AgentState | undefined> {
  const saved = new Map<string, Uint8Array>();
  const timers = new Map<string, number>();
  let ran = false;
  for await (const [key, bytes] of db.iterator<Uint8Array, Uint8Array>({ gte: agentKey(agent, 0), lt: agentEnd(agent), ...VIEW })) {
    const { part, name } = agentPart(agent, key);
    const value = opened(key, bytes, 'an entry of an agent');
    if (part === AgentPart.ran) ran = true;
    else if (part === AgentPart.saved) saved.set(name, value);
    else if (part === AgentPart.timer && value.length === 8) timers.set(name, viewOf(value).getFloat64(0));
    else throw damage(`an entry of an agent of kind ${part} and ${value.length} bytes`);
  }
  return ran ? { saved, timers } : undefined;
}

/** What a group changes of agents. @param numbers tells which agents have no number on disk yet */
export function agentOperations(agents: Iterable<AgentRecords>, numbers: AgentNumbers): Operation[] {
  const operations: Operation[] = [];
  for (const { agent, number, saved, timers } of agents) {
    if (!numbers.isWritten(agent)) operations.push(sealed(agentKey(agent, AgentPart.ran), Uint8Array.of(number)));
    for (const [key, value] of saved) operations.push(operation(agentKey(agent, AgentPart.saved, key), value));
    for (const [wire, atMs] of timers) operations.push(operation(agentKey(agent, AgentPart.timer, wire), atMs === undefined ? undefined : double(atMs)));
  }
  return operations;
}

function operation(key: Uint8Array, value: Uint8Array | undefined): Operation {
  return value === undefined ? { type: 'del', key } : sealed(key, value);
}

function double(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  viewOf(bytes).setFloat64(0, value);
  return bytes;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
