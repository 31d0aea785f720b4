/** What is measured of the store, each step in a process of its own: node store-steps.js <step> <dir> <ids>. Prints one JSON object. */
import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import process, { argv } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_LIMITS } from 'hearsay';
import { ClassicLevel } from 'classic-level';
import { nowMs } from './datum.js';

/** @import { Store } from '../../src/store/store.ts' */
/** @import { RumorId } from 'hearsay' */

// The store is no part of what hearsay exports.
/** @type {typeof import('../../src/store/level-store.ts')} */
const { openStore } = await import(new URL('../../dist/store/level-store.js', import.meta.url).href);

const AGENT = 'bench';
const PAYLOAD_BYTES = 256;
/** Events that wait for their commit, as many as may wait for an agent. */
const WAITING = DEFAULT_LIMITS.maxQueuedEvents;

/** @param {number} number */
const idOf = (number) => /** @type {RumorId} */ (createHash('sha256').update(String(number)).digest('hex'));
const open = (/** @type {string} */ dir) => openStore({ dir }, DEFAULT_LIMITS, () => Date.now());

/**
 * New rumors, each an event of its own. Ids are made beforehand: hashing is not the store's.
 * @param {string} dir
 * @param {number} count
 */
async function commit(dir, count) {
  const store = await open(dir);
  const payload = Buffer.alloc(PAYLOAD_BYTES, 7);
  const changes = Array.from({ length: count }, (_, i) => {
    const id = idOf(i);
    return { agent: AGENT, remember: [{ id, hops: 3, delivered: true, relayed: true }], keep: [{ id, mark: 'datum', payload, hops: 3 }] };
  });
  const startedMs = nowMs();
  await appendAll(store, changes);
  const committedPerSecond = (count / (nowMs() - startedMs)) * 1000;
  await store.close();
  return { committedPerSecond };
}

/**
 * Ids alone.
 * @param {string} dir
 * @param {number} count
 */
async function fill(dir, count) {
  const store = await open(dir);
  for (let from = 0; from < count; from += WAITING) {
    const remember = Array.from({ length: Math.min(WAITING, count - from) }, (_, i) => ({ id: idOf(from + i), hops: 3, delivered: true, relayed: true }));
    await appendAll(store, [{ agent: AGENT, remember }]);
  }
  await store.close();
  const db = new ClassicLevel(join(dir, 'db'));
  await db.open();
  // Everything: keys are bytes.
  await db.compactRange(Buffer.alloc(0), Buffer.alloc(8, 255), { keyEncoding: 'buffer' });
  await db.close();
  return { diskBytesPerId: (await sizeOf(join(dir, 'db'))) / count };
}

/**
 * Opening with the ids of {@link fill}, and asking for them.
 * @param {string} dir
 * @param {number} count
 */
async function start(dir, count) {
  const startedMs = nowMs();
  const cpu = process.cpuUsage();
  const store = await open(dir);
  const startMs = nowMs() - startedMs;
  const startCpuMs = microsSince(cpu) / 1000;
  const rssBytes = await rss();
  const known = Array.from({ length: 100_000 }, (_, i) => idOf((i * 7919) % Math.max(count, 1)));
  const unknown = known.map((_, i) => idOf(count + i));
  const [hitMicros, missMicros] = [lookups(store, known), lookups(store, unknown)];
  await store.close();
  return { startMs, startCpuMs, rssBytes, hitMicros, missMicros };
}

/**
 * @param {Store} store
 * @param {readonly Parameters<Store['append']>[0][]} all
 */
async function appendAll(store, all) {
  let done = 0;
  /** @type {Error | undefined} */
  let failure;
  for (const [i, changes] of all.entries()) {
    store.append(changes, (error) => {
      done += 1;
      failure ??= error;
    });
    while (i - done >= WAITING) await sleep(0);
  }
  await store.flush();
  if (failure !== undefined) throw failure;
}

/**
 * Microseconds of CPU each, which other load on the machine prolongs less than the clock's.
 * @param {Store} store
 * @param {readonly RumorId[]} ids
 */
function lookups(store, ids) {
  for (const id of ids) store.seen(id);
  const cpu = process.cpuUsage();
  for (const id of ids) store.seen(id);
  return microsSince(cpu) / ids.length;
}

/** @param {NodeJS.CpuUsage} before */
function microsSince(before) {
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

async function rss() {
  for (let i = 0; i < 3; i += 1) {
    globalThis.gc?.();
    await sleep(100);
  }
  return process.memoryUsage.rss();
}

/** @param {string} folder */
async function sizeOf(folder) {
  const sizes = (await readdir(folder)).map(async (file) => (await stat(join(folder, file))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

const [, , step = '', dir = '', count = ''] = argv;
const result = await /** @type {Record<string, typeof commit | typeof fill | typeof start>} */ ({ commit, fill, start })[step]?.(dir, Number(count));
console.log(JSON.stringify(result));
