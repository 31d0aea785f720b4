/** The flood over WebSockets, sealed once per link and turn. */
import { batched } from './flood/batched.js';
import { floodOver } from './flood/flood.js';
import { sealed } from './flood/sealed.js';
import { overWs } from './flood/ws.js';

export const installs = ['ws'];
export const setup = 'flood, ws, sealed once a turn';
export const start = floodOver(batched(sealed(overWs)));
