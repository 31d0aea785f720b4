/**
 * New rumors, one after the other, at a node of which all but the link is there: router, host, wrapper, store. A pal that is not there sends them, as many
 * ahead of its acknowledgements as a pal of ours would: node store-inbound.js <dir> <count> <durability>. Prints one JSON object.
 */
import { Buffer } from 'node:buffer';
import process, { argv } from 'node:process';
import { setImmediate as turn } from 'node:timers/promises';
import { DEFAULT_LIMITS, defineMarks, withGossip } from 'hearsay';
import * as z from 'zod';
import { nowMs } from './datum.js';

/** @import { Message } from '../../src/node/messages.ts' */
/** @import { PeerId } from 'hearsay' */

const built = (/** @type {string} */ path) => import(new URL(`../../dist/${path}.js`, import.meta.url).href);
// None of these is exported.
const { fact } = /** @type {typeof import('../../src/agent.ts')} */ (await built('agent'));
const { encodePayload } = /** @type {typeof import('../../src/marks/payload.ts')} */ (await built('marks/payload'));
const { systemClock } = /** @type {typeof import('../../src/node/clock.ts')} */ (await built('node/clock'));
const { Host } = /** @type {typeof import('../../src/node/host.ts')} */ (await built('node/host'));
const { decodeMessage, encodeMessage } = /** @type {typeof import('../../src/node/messages.ts')} */ (await built('node/messages'));
const { Router } = /** @type {typeof import('../../src/node/router.ts')} */ (await built('node/router'));
const { seededRandom } = /** @type {typeof import('../../src/random.ts')} */ (await built('random'));
const { openStore } = /** @type {typeof import('../../src/store/level-store.ts')} */ (await built('store/level-store'));
const { encodeRumor } = /** @type {typeof import('../../src/wrapper/rumor.ts')} */ (await built('wrapper/rumor'));

const OUR = /** @type {PeerId} */ ('0'.repeat(64));
const PAL = /** @type {PeerId} */ ('b'.repeat(64));
const AGENT = 'bench';
const MARK = 'datum';
/** Of a datum and its CBOR. */
const PAYLOAD_BYTES = 256;
const CBOR_BYTES = 3;
const BODY_BYTES = PAYLOAD_BYTES - CBOR_BYTES;
/** Sent in one turn, as frames of a link come. */
const A_TURN = 250;
/** Not yet acknowledged, half of what waits for an agent at most. */
const WINDOW = DEFAULT_LIMITS.maxQueuedEvents / 2;

const [, , dir = '', counted = '', durability = 'process'] = argv;
const count = Number(counted);
const store = await openStore({ dir }, DEFAULT_LIMITS, Date.now, { durability: durability === 'power' ? 'power' : 'process' });
const marks = defineMarks({ [MARK]: z.instanceof(Uint8Array) });
let delivered = 0;
let sub = -1;
let acknowledged = 0;
let wake = () => {};

const nothing = () => undefined;
const host = new Host({
  our: OUR,
  clock: systemClock,
  store,
  limits: DEFAULT_LIMITS,
  networkId: AGENT,
  random: seededRandom(1),
  isAdmin: () => false,
  isTarget: () => true,
  lost: nothing,
  report: nothing,
});
const router = new Router({
  clock: systemClock,
  limits: DEFAULT_LIMITS,
  send: (_peer, bytes, rest) => {
    const decoded = decodeMessage(rest === undefined ? bytes : Buffer.concat([bytes, rest]));
    if (decoded.ok) answer(decoded.message);
    return true;
  },
  congested: () => false,
  want: nothing,
  misbehaved: (_peer, reason) => {
    throw new Error(reason);
  },
  dropped: nothing,
  watched: nothing,
  poked: nothing,
  record: nothing,
  overlay: nothing,
  find: nothing,
  barrier: (done) => host.barrier(done),
});

/**
 * What the pal does.
 * @param {Message} message
 */
function answer(message) {
  if (message.type === 'Watch' && message.path === '/~/gossip/gossip') {
    sub = message.sub;
    setImmediate(() => router.received(PAL, encodeMessage({ type: 'WatchAck', sub, refused: '' })));
  } else if (message.type === 'Ack') {
    acknowledged = message.count;
    wake();
  }
}

/** @param {number} upTo */
async function acknowledgedTo(upTo) {
  while (acknowledged < upTo) await new Promise((/** @type {(value?: unknown) => void} */ resolve) => (wake = resolve));
}

/**
 * The message with the number's rumor, as it leaves the channel. All are alike but for the number, so that making them costs next to nothing: that is the pal's work.
 * @param {number} number
 */
function rumor(number) {
  const message = Buffer.from(pattern);
  message.writeUInt32BE(number, message.length - BODY_BYTES);
  return message;
}

function rss() {
  globalThis.gc?.();
  return process.memoryUsage.rss();
}

host.connect(router);
await host.run('pals', { onWatch: (path) => fact([], 'pals-effect', { type: path === '/targets' ? 'meet' : 'near', peer: PAL }) });
router.linkUp(PAL);
const agent = {
  onAgent: () => {
    delivered += 1;
  },
};
await host.run(AGENT, withGossip(agent, { hops: 1, hear: 'targets', marks }));
while (sub < 0) await turn();
const pattern = encodeMessage({ type: 'Fact', sub, mark: 'gossip-rumor', payload: encodePayload(encodeRumor(MARK, encodePayload(new Uint8Array(BODY_BYTES).fill(7))).bytes) });
const startedMs = nowMs();
const cpu = process.cpuUsage();
let halfway = 0;
for (let sent = 0; sent < count; ) {
  for (const end = Math.min(sent + A_TURN, count); sent < end; sent += 1) router.received(PAL, rumor(sent));
  await acknowledgedTo(sent - WINDOW);
  await turn();
  if (halfway === 0 && sent >= count / 2) halfway = rss();
}
// What is acknowledged is committed as arrived; what passed the barrier is delivered and committed as that.
await acknowledgedTo(count);
await new Promise((/** @type {(value?: unknown) => void} */ resolve) => host.barrier(resolve));
await store.flush();
const { user, system } = process.cpuUsage(cpu);
const ms = nowMs() - startedMs;
const end = rss();
host.stopAll();
await store.close();
if (delivered !== count) throw new Error(`${delivered} of ${count} were delivered.`);
console.log(JSON.stringify({ perSecond: (count / ms) * 1000, cpuMicros: (user + system) / count, rssMib: end / 2 ** 20, rssGrowthMib: (end - halfway) / 2 ** 20 }));
// Watches of nobody may wait still.
process.exit();
