/** What of `@hyperswarm/secret-stream` is used here; it has no types of its own. */
declare module '@hyperswarm/secret-stream' {
  import type { Socket } from 'node:net';
  import type { Duplex } from 'node:stream';

  export default class NoiseSecretStream extends Duplex {
    constructor(isInitiator: boolean, rawStream: Socket);
    /** False when the handshake failed. */
    readonly opened: Promise<boolean>;
  }
}
