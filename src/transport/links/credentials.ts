/** What we prove ourselves with in handshakes: a static key that lives as long as its certificate is young. Shell: it draws keys. */
import { primitives } from '../../crypto/index.ts';
import { issueCertificate } from '../certificate.ts';
import type { Party } from '../channel/handshake.ts';
import type { Network } from '../channel/hello.ts';
import type { Identity } from '../identity.ts';

/** Age at which key and certificate are replaced (our choice: a day of the seven, so that no peer's clock finds it old). */
export const RENEW_AFTER_MS: number = 24 * 60 * 60 * 1000;

const KEY_BYTES = 32;

/** Our key and certificate of the day. */
export class Credentials {
  readonly #identity: Identity;
  readonly #network: Network;
  #party: Party;
  #issuedMs: number;

  constructor(identity: Identity, network: Network, nowMs: number) {
    this.#identity = identity;
    this.#network = network;
    this.#party = this.#issue(nowMs);
    this.#issuedMs = nowMs;
  }

  /** For a handshake that begins now; those under way keep what they began with. A clock that was set back renews, too. */
  party(nowMs: number): Party {
    if (Math.abs(nowMs - this.#issuedMs) >= RENEW_AFTER_MS) {
      this.#party = this.#issue(nowMs);
      this.#issuedMs = nowMs;
    }
    return this.#party;
  }

  #issue(nowMs: number): Party {
    const { randomBytes, x25519PublicKey } = primitives();
    const staticSecret = randomBytes(KEY_BYTES);
    const certificate = issueCertificate(this.#identity, x25519PublicKey(staticSecret), nowMs);
    return { self: this.#identity.id, network: this.#network, staticSecret, certificate };
  }
}
