/** A peer that proves who it is like any other, and then says what it likes. */
import type { PeerId } from '../../src/ids.ts';
import { limits } from '../../src/limits.ts';
import { topicOf } from '../../src/node/host.ts';
import { decodeMessage, encodeMessage } from '../../src/node/messages.ts';
import type { Message } from '../../src/node/messages.ts';
import { encodePayload } from '../../src/marks/payload.ts';
import { seededRandom } from '../../src/random.ts';
import { createIdentity } from '../../src/transport/identity.ts';
import { Links } from '../../src/transport/links.ts';
import type { Transport } from '../../src/transport/transport.ts';

/** The network that nodes are in when they are not told. */
const NETWORK = 'hearsay';
/** The number of the poke that a test waits for. */
const LAST = 4_000_000_000;

export class HostilePeer {
  readonly id: PeerId;
  /** What came, since it was last taken. */
  readonly inbox: Message[] = [];
  readonly #identity = createIdentity();
  readonly #links: Links;
  readonly #waiting = new Set<() => void>();
  readonly #victim: string;
  #victimId: PeerId | undefined;

  /** @param victim its address */
  constructor(transport: Transport, victim: string) {
    this.id = this.#identity.id;
    this.#victim = victim;
    this.#links = new Links({
      identity: this.#identity,
      networkId: NETWORK,
      transports: [transport],
      limits: limits({ maxStalledBytes: 2 ** 30 }),
      random: seededRandom(1),
      now: () => Date.now(),
      addressesOf: () => [],
      events: {
        onUp: () => this.#changed(),
        onDown: () => this.#changed(),
        onMessage: (_peer, bytes) => {
          const decoded = decodeMessage(bytes);
          if (decoded.ok) this.inbox.push(decoded.message);
          this.#changed();
        },
        onRefused: () => undefined,
        onDialFailed: () => undefined,
        onDrained: () => undefined,
      },
    });
  }

  get isUp(): boolean {
    return this.#victimId !== undefined && this.#links.isUp(this.#victimId);
  }

  /** Dials, unless there is a link. */
  async connect(): Promise<void> {
    if (!this.isUp) this.#victimId = await this.#links.connect(this.#victim);
  }

  send(message: Message): void {
    this.raw(encodeMessage(message));
  }

  raw(bytes: Uint8Array): void {
    if (this.#victimId !== undefined) this.#links.send(this.#victimId, bytes);
  }

  /** A gesture, as pals would make it. */
  hey(number = 0): void {
    this.poke('pals', 'pals-gesture', { kind: 'hey', seq: Date.now(), incarnation: '0'.repeat(32) }, number);
  }

  poke(agent: string, mark: string, data: unknown, number = 0): void {
    this.send({ type: 'Poke', number, topic: topicOf(NETWORK, agent), mark, payload: encodePayload(data) });
  }

  topic(agent: string): string {
    return topicOf(NETWORK, agent);
  }

  /** The next message that fits, also of those that came before. */
  async next<T extends Message['type']>(type: T, fits: (message: Extract<Message, { type: T }>) => boolean = () => true): Promise<Extract<Message, { type: T }>> {
    let taken = this.#take(type, fits);
    for (; taken === undefined; taken = this.#take(type, fits)) await this.#change();
    return taken;
  }

  /** Resolves when the victim has read all that was sent, since it answers in order, or has ended the link. */
  async heard(): Promise<void> {
    this.send({ type: 'Poke', number: LAST, topic: 'f'.repeat(64), mark: 'm', payload: new Uint8Array(1) });
    while (this.isUp && this.#take('PokeAck', ({ number }) => number === LAST) === undefined) await this.#change();
  }

  /** Resolves when there is no link any more. */
  async down(): Promise<void> {
    while (this.isUp) await this.#change();
  }

  close(): Promise<void> {
    return this.#links.close();
  }

  #take<T extends Message['type']>(type: T, fits: (message: Extract<Message, { type: T }>) => boolean): Extract<Message, { type: T }> | undefined {
    const at = this.inbox.findIndex((message) => message.type === type && fits(message as Extract<Message, { type: T }>));
    return at < 0 ? undefined : (this.inbox.splice(at, 1)[0] as Extract<Message, { type: T }>);
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  #changed(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
