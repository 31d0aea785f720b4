import { describe, expect, test } from '@jest/globals';
import { GroupCommit } from '../../src/store/group-commit.ts';
import type { Group } from '../../src/store/group-commit.ts';
import type { Changes } from '../../src/store/store.ts';
import { spawnFixture } from '../support/child.ts';

/** What is appended, as it came. */
class Appended {
  readonly changes: Changes[] = [];

  add(changes: Changes): void {
    this.changes.push(changes);
  }
}

/** A disk that finishes a write when told to. */
class Disk {
  readonly groups: Group<Appended>[] = [];
  readonly commits: GroupCommit<Appended> = new GroupCommit(() => new Appended(), (group) => this.#write(group));
  /** What became of each event, in the order in which it became known. */
  readonly settled: string[] = [];
  #finish: { resolve: () => void; reject: (error: Error) => void } | undefined;
  #started: (() => void) | undefined;

  /** The writes so far, as the agents whose events they hold. */
  get written(): string[] {
    return this.groups.map(({ content: { changes } }) => changes.map(({ agent }) => agent).join(''));
  }

  append(name: string, more: Partial<Changes> = {}, then: () => void = () => undefined): void {
    this.commits.append({ agent: name, ...more }, (error) => {
      this.settled.push(error === undefined ? name : `${name} failed`);
      then();
    });
  }

  /** Resolves when a write runs. */
  async started(): Promise<void> {
    while (this.#finish === undefined) await new Promise<void>((resolve) => (this.#started = resolve));
  }

  /** Ends the write that runs, and resolves when the queue has gone on. */
  async end(error?: Error): Promise<void> {
    const finish = this.#finish;
    this.#finish = undefined;
    if (error === undefined) finish?.resolve();
    else finish?.reject(error);
    await new Promise(setImmediate);
  }

  #write(group: Group<Appended>): Promise<void> {
    this.groups.push(group);
    return new Promise((resolve, reject) => {
      this.#finish = { resolve, reject };
      this.#started?.();
    });
  }
}

const FULL: Error = Object.assign(new Error('no space left on device'), { code: 'LEVEL_IO_ERROR' });

describe('group commit', () => {
  test('what one turn appends is one group', async () => {
    const disk = new Disk();
    for (const name of ['a', 'b', 'c']) disk.append(name);
    await disk.started();
    await disk.end();
    expect([disk.written, disk.settled]).toEqual([['abc'], ['a', 'b', 'c']]);
  });

  test('while a group is written the next one gathers, over many turns, and one write runs at a time', async () => {
    const disk = new Disk();
    disk.append('a');
    await disk.started();
    for (const name of ['b', 'c', 'd']) {
      disk.append(name);
      await new Promise(setImmediate);
    }
    expect([disk.written, disk.settled]).toEqual([['a'], []]);
    await disk.end();
    expect([disk.written, disk.settled]).toEqual([['a', 'bcd'], ['a']]);
    await disk.end();
    expect(disk.settled).toEqual(['a', 'b', 'c', 'd']);
  });

  test('a group of 256 KiB is closed; the order stays', async () => {
    const disk = new Disk();
    const payload = new Uint8Array(100 * 1024);
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) disk.append(name, { saves: [{ key: 'k', value: payload }] });
    await disk.started();
    for (let i = 0; i < 3; i += 1) await disk.end();
    expect([disk.written, disk.settled]).toEqual([['abc', 'def', 'g'], ['a', 'b', 'c', 'd', 'e', 'f', 'g']]);
  });

  test('also empty events fill a group', async () => {
    const disk = new Disk();
    for (let i = 0; i < 4_097; i += 1) disk.append('a');
    await disk.started();
    await disk.end();
    await disk.end();
    expect(disk.groups.map(({ content }) => content.changes.length)).toEqual([4_096, 1]);
  });

  test('a failed write fails its group and what was appended before that was known; what comes later is tried', async () => {
    const disk = new Disk();
    disk.append('a', {}, () => disk.append('d'));
    await disk.started();
    disk.append('b');
    disk.append('c');
    await disk.end(FULL);
    expect([disk.written, disk.settled]).toEqual([['a', 'd'], ['a failed', 'b failed', 'c failed']]);
    await disk.end(FULL);
    disk.append('e');
    await disk.started();
    await disk.end();
    expect([disk.written, disk.settled.slice(3)]).toEqual([['a', 'd', 'e'], ['d failed', 'e']]);
  });

  test('closed groups that wait fail with the one before them', async () => {
    const disk = new Disk();
    const value = new Uint8Array(256 * 1024);
    for (const name of ['a', 'b', 'c']) disk.append(name, { saves: [{ key: 'k', value }] });
    await disk.started();
    await disk.end(FULL);
    expect([disk.written, disk.settled]).toEqual([['a'], ['a failed', 'b failed', 'c failed']]);
  });

  test('the error says how many events were lost, and why', async () => {
    const disk = new Disk();
    let error: Error | undefined;
    disk.commits.append({ agent: 'a' }, (given) => (error = given));
    disk.append('b');
    await disk.started();
    await disk.end(FULL);
    expect(error).toMatchObject({ code: 'HEARSAY_STORE_FAILED', field: 'store', rule: 'to take 2 events', cause: FULL });
  });

  test('flush waits for the open group and for those before it, also when they fail, and not for later ones', async () => {
    const disk = new Disk();
    const flushed: string[] = [];
    await disk.commits.flush();
    disk.append('a');
    await disk.started();
    disk.append('b');
    void disk.commits.flush().then(() => flushed.push('b'));
    await disk.end();
    disk.append('c');
    expect(flushed).toEqual([]);
    await disk.end(FULL);
    expect([flushed, disk.settled]).toEqual([['b'], ['a', 'b failed', 'c failed']]);
  });

  test('flush asked for by an acknowledgement resolves, also in the middle of a failure', async () => {
    const disk = new Disk();
    const flushed: string[] = [];
    const flush = (name: string) => (): void => void disk.commits.flush().then(() => flushed.push(name));
    disk.append('a', {}, flush('a'));
    await disk.started();
    disk.append('b', {}, flush('b'));
    await disk.end(FULL);
    expect(flushed).toEqual(['a', 'b']);
  });

  test('node-wide values are kept through failures, the latest of each key, and shown at once', async () => {
    const disk = new Disk();
    const [one, two, three] = [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)];
    disk.commits.put('x', one);
    disk.commits.put('y', one);
    await disk.started();
    disk.commits.put('x', two);
    await disk.end(FULL);
    expect([disk.commits.pending('x'), disk.commits.pending('y'), disk.commits.pending('z')]).toEqual([two, one, undefined]);
    // A failure by itself is no reason to try again, or a full disk would keep us busy.
    expect(disk.groups.length).toBe(1);
    disk.commits.put('x', three);
    await disk.started();
    expect([disk.groups[1]?.values, disk.commits.pending('x')]).toEqual([new Map([['x', three], ['y', one]]), three]);
    await disk.end();
    expect(disk.commits.pending('x')).toBeUndefined();
  });

  test('a value that can wait is reason for no group, and goes with one of the next 16 or a flush', async () => {
    const disk = new Disk();
    const group = async (append: () => void): Promise<string[]> => {
      append();
      await disk.started();
      await disk.end();
      return [...disk.groups.at(-1)!.values.keys()];
    };
    disk.commits.putLater('x', Uint8Array.of(1));
    await new Promise(setImmediate);
    expect([disk.groups.length, disk.commits.pending('x')]).toEqual([0, Uint8Array.of(1)]);
    const written = [];
    for (let n = 0; n < 17; n += 1) written.push(...(await group(() => disk.append('a'))));
    expect([written, disk.commits.pending('x')]).toEqual([['x'], undefined]);
    disk.commits.putLater('y', Uint8Array.of(2));
    expect(await group(() => void disk.commits.flush())).toEqual(['y']);
  });

  test('what is put at once counts, not what could wait before', async () => {
    const disk = new Disk();
    disk.commits.putLater('x', Uint8Array.of(1));
    disk.commits.put('x', Uint8Array.of(2));
    expect(disk.commits.pending('x')).toEqual(Uint8Array.of(2));
    await disk.started();
    await disk.end();
    await disk.commits.flush();
    expect(disk.groups.map(({ values }) => [...values.values()])).toEqual([[Uint8Array.of(2)]]);
  });

  test('flush tries the values again that a failure left', async () => {
    const disk = new Disk();
    disk.commits.put('x', Uint8Array.of(1));
    await disk.started();
    await disk.end(FULL);
    const flushed = disk.commits.flush();
    await disk.started();
    await disk.end();
    await flushed;
    expect(disk.groups[1]?.values.get('x')).toEqual(Uint8Array.of(1));
  });

  test('an acknowledgement that throws takes no other down, and surfaces as an uncaught exception', async () => {
    const fixture = spawnFixture('store/fixtures/throwing-done');
    expect([await fixture.next(), await fixture.next()]).toEqual(['second', { uncaught: 'of the caller' }]);
    expect(await fixture.ended).toEqual({ code: 0, signal: null });
  });
});
