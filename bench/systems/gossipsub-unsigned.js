/** gossipsub without signatures: what hearsay does too, which does not say who wrote a rumor. */
import { LIBP2P_PACKAGES, libp2pWith } from './libp2p/node.js';
import { gossipsub, StrictNoSign } from '@libp2p/gossipsub';

export const installs = [...LIBP2P_PACKAGES, '@libp2p/gossipsub'];
export const setup = 'TCP, Noise, Yamux, StrictNoSign';
export const start = libp2pWith(gossipsub({ allowPublishToZeroTopicPeers: true, globalSignaturePolicy: StrictNoSign }));
