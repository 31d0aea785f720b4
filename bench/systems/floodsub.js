/** floodsub with its defaults: to everybody, signed. */
import { LIBP2P_PACKAGES, libp2pWith } from './libp2p/node.js';
import { floodsub } from '@libp2p/floodsub';

export const installs = [...LIBP2P_PACKAGES, '@libp2p/floodsub'];
export const setup = 'TCP, Noise, Yamux, StrictSign (default)';
export const start = libp2pWith(floodsub());
