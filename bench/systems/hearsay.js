/**
 * hearsay as a user gets it: encrypted links over WebSockets, policies checked (every link is one of mutual pals), data validated by zod,
 * seen-set and payload window on LevelDB. Data are counted where an app sees them, in `onAgent`.
 */
import { createIdentity, createNode, defineMarks, withGossip } from 'hearsay';
import { MemoryLevel } from 'memory-level';
import * as z from 'zod';

/** @import { Agent } from 'hearsay' */
/** @import { BenchNode, StartOptions } from '../lib/types.d.mts' */

export const installs = ['hearsay'];
export const setup = 'ws, encrypted, mutual pals, zod, LevelDB';

/** Room for the header of a datum's CBOR. */
const ENVELOPE_BYTES = 64;
const MIB = 1024 * 1024;

/**
 * @param {StartOptions} options
 * @returns {Promise<BenchNode>}
 */
export async function start({ dir, onDelivery, topics, maxBytes, store }) {
  const marks = defineMarks({ datum: z.object({ body: z.instanceof(Uint8Array).refine((body) => body.length <= maxBytes) }) });
  /** @type {Agent} */
  const agent = {
    onPoke: ({ data }) => marks.invent('datum', { body: /** @type {Uint8Array<ArrayBuffer>} */ (data) }),
    onAgent: (wire, sign) => {
      const heard = marks.heard(wire, sign);
      if (heard?.mark === 'datum') onDelivery(heard.data.body);
    },
  };
  const node = await createNode({
    ...(store === 'memory' ? { store: new MemoryLevel(), identity: createIdentity() } : { dir }),
    listen: 'ws://127.0.0.1:0',
    limits: limitsFor(maxBytes),
  });
  const gossip = withGossip(agent, { hops: 15, hear: 'mutuals', tell: 'mutuals', marks });
  const app = await node.run('bench', gossip);
  for (let i = 1; i < topics; i += 1) await node.run(`bench-${i}`, gossip);
  /** @type {import('hearsay').Topic[]} */
  const joined = [];
  return {
    offer: () => node.pals.invite(),
    link: async (offer) => void (await node.pals.redeem(offer)),
    links: () => node.peers.length,
    contacts: () => node.addresses,
    joinTopic: async (name, bootstrap) => {
      const topic = await node.join({ name, bootstrap });
      joined.push(topic);
      await new Promise((/** @type {(value?: unknown) => void} */ resolve) => {
        const events = topic.events$.subscribe(({ type }) => {
          if (type === 'Joined') setImmediate(() => resolve(events.unsubscribe()));
        });
      });
    },
    leaveTopics: async () => void (await Promise.all(joined.splice(0).map((topic) => topic.leave()))),
    publish: (payload) => app.poke('say', payload),
    stop: () => node.close(),
  };
}

/**
 * The defaults, except where a datum would not fit.
 * @param {number} maxBytes
 */
function limitsFor(maxBytes) {
  if (maxBytes + ENVELOPE_BYTES <= MIB / 16) return {};
  return { maxPayloadBytes: MIB, maxBufferedBytes: 8 * MIB, maxStalledBytes: 16 * MIB };
}
