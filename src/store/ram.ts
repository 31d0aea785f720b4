/**
 * The store's RAM: the index of its logs, and what agents and pals are known by. Read from disk once, at start.
 */
import type { Limits } from '../limits.ts';
import { AgentNumbers } from './agent-state.ts';
import { OpenArrivals, unpackArrivals } from './arrivals.ts';
import type { AgentArrival } from './arrivals.ts';
import { damage, opened, VIEW } from './database.ts';
import type { Database } from './database.ts';
import { randomHashKey } from './hash-key.ts';
import { agentOf, AgentPart, agentPart, isSealed, kindOf, valueName, VALUES_RANGE } from './layout.ts';
import type { LogPosition } from './layout.ts';
import type { Logs } from './logs.ts';
import { OwedFacts } from './owed.ts';
import { ID_RECORD_BYTES, isPackedIds } from './packing.ts';
import { PayloadWindow } from './payload-window.ts';
import { SeenSet } from './seen-set.ts';

export class Ram {
  readonly seen: SeenSet;
  readonly window: PayloadWindow;
  readonly openArrivals: OpenArrivals = new OpenArrivals();
  readonly owed: OwedFacts = new OwedFacts();
  readonly numbers: AgentNumbers = new AgentNumbers();

  /** @param expectedIds how many ids are on disk, about */
  constructor({ maxSeen, maxPayloadWindowBytes }: Limits, expectedIds: number) {
    this.seen = new SeenSet(maxSeen, randomHashKey(), expectedIds);
    this.window = new PayloadWindow(maxPayloadWindowBytes, randomHashKey());
  }

  /**
   * Reads everything. Called once.
   * @param passed what comes next comes after that place @param ids so many records of ids were read
   * @throws HearsayError `HEARSAY_STORE_DAMAGED`
   */
  async load(db: Database, logs: Logs, passed: (at: LogPosition) => void, ids: (count: number) => void): Promise<void> {
    await this.#loadValues(db);
    await logs.ids.read((value, at) => {
      if (!isPackedIds(value)) throw damage(`a group of ids of ${value.length} bytes`);
      for (let i = 0; i < value.length; i += ID_RECORD_BYTES) this.seen.mergeRecord(value, i, at.bucket);
      passed(at);
      ids(value.length / ID_RECORD_BYTES);
    });
    await logs.payloads.read((value, at) => {
      if (this.window.index(value, at) === undefined) throw damage(`a group of payloads of ${value.length} bytes`);
      passed(at);
    });
    await logs.arrivals.read((value, at) => {
      passed(at);
      this.openArrivals.add(at, arrivalsIn(value).flatMap(({ id }) => (this.seen.get(id)?.delivered === false ? [id] : [])));
    });
    await logs.owed.read((value, at) => {
      passed(at);
      if (!this.owed.read(value)) throw damage(`a group of owed facts of ${value.length} bytes`);
    });
    this.owed.started();
  }

  /** LevelDB's own reads find no flipped byte, and what agents and the node saved is not read before it is wanted: so all of it is looked at. */
  async #loadValues(db: Database): Promise<void> {
    for await (const [key, value] of db.iterator<Uint8Array, Uint8Array>({ ...VALUES_RANGE, ...VIEW })) {
      const plain = isSealed(key) ? opened(key, value, 'a saved value') : undefined;
      if (plain === undefined) continue;
      if (kindOf(key) === 'values') this.owed.readCursor(valueName(key), plain);
      if (kindOf(key) !== 'agents') continue;
      const agent = agentOf(key);
      if (agentPart(agent, key).part === AgentPart.ran) this.numbers.read(agent, plain);
    }
  }
}

/** One group's. @throws HearsayError `HEARSAY_STORE_DAMAGED` */
export function arrivalsIn(value: Uint8Array): readonly AgentArrival[] {
  const arrivals = unpackArrivals(value);
  if (arrivals === undefined) throw damage(`a group of arrivals of ${value.length} bytes`);
  return arrivals;
}
