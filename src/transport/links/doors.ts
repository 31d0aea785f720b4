/** Transports by scheme: which of them opens or dials an address. */
import { HearsayError } from '../../errors.ts';
import type { PeerId } from '../../ids.ts';
import { parseAddress } from '../address.ts';
import { handshakeError } from '../channel/fault.ts';
import type { Connection, Listening, Transport } from '../transport.ts';

/** All transports of a node. */
export class Doors {
  readonly #transports = new Map<string, Transport>();

  /** Where two serve one scheme, the first does. */
  constructor(transports: readonly Transport[]) {
    for (const transport of [...transports].reverse()) {
      for (const scheme of transport.schemes) this.#transports.set(scheme, transport);
    }
  }

  /** @throws HearsayError `HEARSAY_BAD_ADDRESS`, and what the transport throws */
  async listen(address: string, onConnection: (connection: Connection) => void): Promise<Listening> {
    const { url, scheme } = parseAddress(address);
    return this.#serving(scheme, address).listen(url, onConnection);
  }

  /** @throws HearsayError always of this class, whatever the transport throws */
  async dial(address: string, expected: PeerId | undefined, signal: AbortSignal, admits?: (ip: string) => boolean): Promise<Connection> {
    const { url, scheme, peer } = parseAddress(address);
    if (peer !== undefined && peer !== expected) throw handshakeError({ reason: 'wrong-peer' }, address);
    try {
      return await this.#serving(scheme, address).dial(url, signal, admits);
    } catch (cause) {
      throw cause instanceof HearsayError ? cause : unreachable(address, cause);
    }
  }

  #serving(scheme: string, address: string): Transport {
    const transport = this.#transports.get(scheme);
    if (transport !== undefined) return transport;
    const rule = `to begin with one of ${[...this.#transports.keys()].join(', ')}`;
    throw new HearsayError('HEARSAY_BAD_ADDRESS', { field: 'address', rule, value: address });
  }
}

/** For dials that were given up, or failed in a way of their own. */
export function unreachable(address: string, cause: unknown): HearsayError {
  return new HearsayError('HEARSAY_UNREACHABLE', { field: 'address', rule: 'to be one that answers', value: address, cause });
}
