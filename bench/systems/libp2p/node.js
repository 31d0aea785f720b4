/**
 * libp2p as its documentation sets it up, over TCP, which it is fastest on, with Noise and Yamux. Bounds that would turn the bench's own links away are raised.
 */
import './with-resolvers.js';
import { noise } from '@libp2p/noise';
import { tcp } from '@libp2p/tcp';
import { yamux } from '@libp2p/yamux';
import { identify } from '@libp2p/identify';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';

/** @import { BenchNode, StartOptions } from '../../lib/types.d.mts' */

export const LIBP2P_PACKAGES = ['libp2p', '@libp2p/tcp', '@libp2p/noise', '@libp2p/yamux', '@libp2p/identify'];

const TOPIC = 'bench';

/**
 * What gossipsub and floodsub have in common.
 * @typedef {object} PubSub
 * @property {(topic: string) => void} subscribe
 * @property {(topic: string, data: Uint8Array) => Promise<unknown>} publish
 * @property {(topic: string) => { toString(): string }[]} getSubscribers
 * @property {(type: 'message', listener: (event: CustomEvent<{ topic: string, data: Uint8Array }>) => void) => void} addEventListener
 */

/**
 * @param {(components: any) => unknown} pubsub
 * @returns {(options: StartOptions) => Promise<BenchNode>}
 */
export function libp2pWith(pubsub) {
  return async ({ onDelivery, topics, monitor }) => {
    const node = await createLibp2p({
      addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      services: { identify: identify(), pubsub: /** @type {(components: any) => PubSub} */ (pubsub) },
      connectionMonitor: { enabled: monitor },
      connectionManager: { inboundConnectionThreshold: Infinity, maxIncomingPendingConnections: Infinity },
    });
    const { pubsub: service } = node.services;
    service.addEventListener('message', ({ detail }) => void (detail.topic === TOPIC && onDelivery(detail.data)));
    service.subscribe(TOPIC);
    for (let i = 1; i < topics; i += 1) service.subscribe(`${TOPIC}-${i}`);
    return {
      offer: () => Promise.resolve(String(node.getMultiaddrs()[0])),
      link: async (offer) => void (await node.dial(multiaddr(offer))),
      // A peer counts once its subscription is known; what is published before does not reach it.
      links: () => Math.min(service.getSubscribers(TOPIC).length, node.getConnections().length),
      publish: (payload) => service.publish(TOPIC, payload),
      stop: async () => void (await node.stop()),
    };
  };
}
