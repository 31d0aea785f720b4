/** The limit of the machine: the flood over bare TCP, in clear, one write per link and turn. */
import { floodOver } from './flood/flood.js';
import { overTcp } from './flood/tcp.js';

/** @type {readonly string[]} */
export const installs = [];
export const setup = 'flood, TCP, one write a turn';
export const start = floodOver(overTcp);
