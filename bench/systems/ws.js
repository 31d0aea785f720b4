/** The limit of WebSockets: a flood with a Set, without crypto and without checks. */
import { floodOver } from './flood/flood.js';
import { overWs } from './flood/ws.js';

export const installs = ['ws'];
export const setup = 'flood, ws, nothing else';
export const start = floodOver(overWs);
