/**
 * Nodes in a ring that say things at a steady pace, while their connections are cut again and again: node soak.js <seconds> <data a second>. Prints one JSON object.
 * Between any two stands a relay, so that what is cut is a real connection.
 */
import { Buffer } from 'node:buffer';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process, { argv } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { createNode, defineMarks, withGossip } from 'hearsay';
import * as z from 'zod';
import { median } from './statistics.js';

const [seconds, perSecond] = [Number(argv[2]), Number(argv[3])];
const NODES = 5;
const BYTES = 256;
/** Data are said in batches so often; and so often the connections through one relay are cut: a link that stood for ten seconds is dialled again at once, one that did not is left alone for longer and longer. */
const TICK_MS = 100;
const CUT_MS = 5_000;
/** The first sixth is for everything to fill: five minutes of thirty. */
const FILLED_SHARE = 1 / 6;
/** Memory goes up and down with what LevelDB compacts and V8 collects, so it is looked at so often, for a minute of thirty, and the median counts. */
const LOOKS = 12;
const LOOKED_AT_SHARE = 1 / 30;
/** Within the first sixth of a run of half an hour the seen-set is full; with the million ids of the default it would grow all the time, by 25 to 40 bytes an id. */
const MAX_SEEN = 200_000;
/** For what is owed to pals whose connection was cut last. */
const SETTLE_MS = 60_000;

/** @typedef {{ port: number, cut: () => number, close: () => void }} Relay */

/**
 * @param {number} target
 * @returns {Promise<Relay>}
 */
async function relayTo(target) {
  /** @type {Set<import('node:net').Socket>} */
  const open = new Set();
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1');
    for (const [one, other] of /** @type {const} */ ([[near, far], [far, near]])) {
      open.add(one);
      one.on('error', () => undefined).on('close', () => {
        open.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  const port = await listening(server);
  const cut = () => {
    const count = open.size / 2;
    for (const socket of open) socket.resetAndDestroy();
    return count;
  };
  return { port, cut, close: () => void (server.close(), cut()) };
}

/** @param {import('node:net').Server} server */
async function listening(server) {
  await new Promise((/** @type {(value?: unknown) => void} */ resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return /** @type {import('node:net').AddressInfo} */ (server.address()).port;
}

async function freePort() {
  const server = createServer();
  const port = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const most = seconds * perSecond;
const marks = defineMarks({ datum: z.instanceof(Uint8Array) });
let [said, refused, delivered, duplicates, cuts] = [0, 0, 0, 0, 0];

/** @param {string} dir */
async function start(dir) {
  const port = await freePort();
  const relay = await relayTo(port);
  const node = await createNode({ dir, listen: `ws://127.0.0.1:${port}`, announce: [`ws://127.0.0.1:${relay.port}`], limits: { maxSeen: MAX_SEEN } });
  const had = new Uint8Array(Math.ceil(most / 8));
  const app = await node.run('soak', withGossip({
    onPoke: ({ data }) => marks.invent('datum', /** @type {Uint8Array<ArrayBuffer>} */ (data)),
    onAgent: (wire, sign) => {
      const heard = marks.heard(wire, sign);
      if (heard?.mark !== 'datum') return;
      const number = Buffer.from(heard.data).readUInt32LE();
      const [byte, bit] = [number >> 3, 1 << (number & 7)];
      if ((/** @type {number} */ (had[byte]) & bit) !== 0) duplicates += 1;
      else delivered += 1;
      had[byte] = /** @type {number} */ (had[byte]) | bit;
    },
  }, { hops: NODES, hear: 'mutuals', tell: 'mutuals', marks }));
  return { node, app, relay };
}

/** @param {Awaited<ReturnType<typeof start>>} by */
function say({ app }) {
  const datum = new Uint8Array(BYTES);
  Buffer.from(datum.buffer).writeUInt32LE(said);
  said += 1;
  app.poke('say', datum).catch(() => {
    refused += 1;
  });
}

function rssMib() {
  globalThis.gc?.();
  return process.memoryUsage.rss() / 2 ** 20;
}

const dir = await mkdtemp(join(tmpdir(), 'hearsay-soak-'));
const nodes = [];
for (let i = 0; i < NODES; i += 1) nodes.push(await start(join(dir, String(i))));
for (const [i, { node }] of nodes.entries()) await node.pals.redeem(await /** @type {typeof nodes[0]} */ (nodes[(i + 1) % NODES]).node.pals.invite());

const startedMs = performance.now();
const cpu = process.cpuUsage();
let nextCutMs = CUT_MS;
/** When memory is looked at, as shares of the run: behind the first sixth, and at the end. */
const looks = [FILLED_SHARE, 1 - LOOKED_AT_SHARE].map((from) => Array.from({ length: LOOKS }, (_, i) => from + (i * LOOKED_AT_SHARE) / LOOKS));
/** @type {number[][]} */
const seenMib = looks.map(() => []);
for (let elapsedMs = 0; elapsedMs < seconds * 1000; elapsedMs = performance.now() - startedMs) {
  for (const due = Math.min(most, (elapsedMs / 1000) * perSecond); said < due; ) say(/** @type {typeof nodes[0]} */ (nodes[said % NODES]));
  if (elapsedMs >= nextCutMs) {
    cuts += /** @type {typeof nodes[0]} */ (nodes[Math.round(nextCutMs / CUT_MS) % NODES]).relay.cut();
    nextCutMs += CUT_MS;
  }
  for (const [i, due] of looks.entries()) if (elapsedMs >= /** @type {number} */ (due[0]) * seconds * 1000) {
    due.shift();
    seenMib[i]?.push(rssMib());
  }
  await sleep(TICK_MS);
}
const [filledMib = 0, endMib = 0] = seenMib.map(median);
const { user, system } = process.cpuUsage(cpu);
const wanted = (said - refused) * (NODES - 1);
for (const untilMs = performance.now() + SETTLE_MS; delivered < wanted && performance.now() < untilMs; ) await sleep(TICK_MS);
for (const { node, relay } of nodes) {
  await node.close();
  relay.close();
}
await rm(dir, { recursive: true });
console.log(JSON.stringify({ said, refused, cuts, deliveredShare: delivered / wanted, duplicates, filledMib, endMib, growthShare: endMib / filledMib - 1, cpuPercent: (user + system) / seconds / 10_000 }));
