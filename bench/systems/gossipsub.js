/** gossipsub with its defaults: each message signed by its author and verified by every node. */
import { LIBP2P_PACKAGES, libp2pWith } from './libp2p/node.js';
import { gossipsub } from '@libp2p/gossipsub';

export const installs = [...LIBP2P_PACKAGES, '@libp2p/gossipsub'];
export const setup = 'TCP, Noise, Yamux, StrictSign (default)';
export const start = libp2pWith(gossipsub({ allowPublishToZeroTopicPeers: true }));
