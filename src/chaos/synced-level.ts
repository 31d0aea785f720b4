/**
 * A database that keeps apart what it was told to sync: after a power cut, that is what is left. As in LevelDB, a synced write brings
 * all before it to the disk, and what is only deleted or put without it may be gone.
 */
import type { AnyLevel, Operation } from '../store/database.ts';

const VIEW = { keyEncoding: 'view', valueEncoding: 'view' } as const;
type Batch = (operations: readonly Operation[], options: object) => Promise<void>;

/** A database in use, and the disk below it. */
export class SyncedLevel {
  /** What a node is given. */
  readonly level: AnyLevel;
  readonly #disk: AnyLevel;
  readonly #make: () => AnyLevel;
  #unsynced: Operation[] = [];
  #lost = false;

  private constructor(make: () => AnyLevel, level: AnyLevel, disk: AnyLevel) {
    this.#make = make;
    this.level = level;
    this.#disk = disk;
    const batch = level.batch.bind(level) as unknown as Batch;
    const recording: Batch = async (operations, options) => {
      if (this.#lost) throw new Error('no power');
      await batch(operations, options);
      this.#unsynced.push(...operations);
      if (!(options as { sync?: boolean }).sync) return;
      const synced = this.#unsynced.splice(0);
      await (disk.batch as unknown as Batch).call(disk, synced, VIEW);
    };
    level.batch = recording as unknown as typeof level.batch;
  }

  /** An empty one. @param make gives empty databases in memory */
  static async open(make: () => AnyLevel): Promise<SyncedLevel> {
    const [level, disk] = [make(), make()];
    await Promise.all([level.open(), disk.open()]);
    return new SyncedLevel(make, level, disk);
  }

  /** Whoever has it writes nowhere any more. @returns what is left */
  async losePower(): Promise<SyncedLevel> {
    this.#lost = true;
    const left = await SyncedLevel.open(this.#make);
    for await (const [key, value] of this.#disk.iterator<Uint8Array, Uint8Array>(VIEW)) {
      for (const each of [left.level, left.#disk]) await each.put<Uint8Array, Uint8Array>(key, value, VIEW);
    }
    return left;
  }
}
