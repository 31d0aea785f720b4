/** The flood over WebSockets, each message sealed by itself. */
import { floodOver } from './flood/flood.js';
import { sealed } from './flood/sealed.js';
import { overWs } from './flood/ws.js';

export const installs = ['ws'];
export const setup = 'flood, ws, each message sealed';
export const start = floodOver(sealed(overWs));
