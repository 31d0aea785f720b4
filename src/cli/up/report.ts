/** What `hearsay up` prints: lines for people, or one JSON object for each thing that happens. */
import type { HearsayNode } from '../../node/create-node.ts';
import type { NodeEvent } from '../../node/node-events.ts';
import { json, line, note, printable, styled } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';

/** Different complaints that are said once each; past it none is said (our choice: a screenful of screenfuls). */
const MAX_COMPLAINTS = 1_000;

export class Report {
  readonly #terminal: Terminal;
  readonly #asJson: boolean;
  /** Addresses that were given, as the node has them. */
  readonly #given: ReadonlySet<string>;
  readonly #complaints = new Set<string>();
  /** What happens while the node starts; it is told behind that it started. */
  #held: (() => void)[] | undefined = [];

  constructor(terminal: Terminal, asJson: boolean, given: readonly string[]) {
    this.#terminal = terminal;
    this.#asJson = asJson;
    this.#given = new Set(given);
  }

  started({ id, addresses }: HearsayNode, dir: string, kept: boolean): void {
    if (this.#asJson) json(this.#terminal, { type: 'started', id, addresses, dir });
    else for (const text of [`you are ${id}`, ...addresses.map((address) => `listening at ${address}`), kept ? `keeping all in ${dir}` : `keeping nothing: ${dir} goes when this ends; --dir keeps`]) note(this.#terminal, text);
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const tell of held) tell();
  }

  said(text: string): void {
    this.#tell({ type: 'said', text }, () => line(this.#terminal, styled(this.#terminal.output, 'dim', `« ${printable(text)}`)));
  }

  heard(text: string, peer: string, hops: number): void {
    const tail = styled(this.#terminal.output, 'dim', `(${short(peer)}, ${hops} hops left)`);
    this.#tell({ type: 'heard', text, peer, hops }, () => line(this.#terminal, `» ${printable(text)} ${tail}`));
  }

  /** Something that is in the way of somebody, and is said. */
  trouble(text: string): void {
    this.#tell(undefined, () => note(this.#terminal, text, 'yellow'));
  }

  happened(event: NodeEvent): void {
    switch (event.type) {
      case 'link-up':
        return this.#peer('connected', event.peer);
      case 'link-down':
        return this.#peer('disconnected', event.peer, event.reason);
      case 'dial-failed':
        if (event.peer === undefined || this.#given.has(event.address)) this.#once(dialTrouble(event));
        return;
      case 'refused':
        return this.#once(`${event.host} was not let in: ${REFUSED[event.reason] ?? event.reason}`);
      case 'address-part-ignored':
        return this.#once(`${event.part} means nothing here and is ignored: it is a peer of another network`);
      case 'damaged':
        return this.#once(`damaged: ${event.error.message}`);
      default:
        return undefined;
    }
  }

  #peer(change: 'connected' | 'disconnected', peer: string, reason?: string): void {
    const why = reason === undefined ? {} : { reason };
    const text = `${change === 'connected' ? '+' : '-'} ${short(peer)} ${change}${reason === undefined ? '' : ` (${printable(reason)})`}`;
    this.#tell({ type: change, peer, ...why }, () => note(this.#terminal, text));
  }

  #once(text: string): void {
    if (this.#complaints.has(text) || this.#complaints.size >= MAX_COMPLAINTS) return;
    this.#complaints.add(text);
    this.trouble(text);
  }

  /** @param data what programs are told; nothing: the same as people */
  #tell(data: object | undefined, forPeople: () => void): void {
    const tell = this.#asJson && data !== undefined ? () => json(this.#terminal, data) : forPeople;
    if (this.#held === undefined) tell();
    else this.#held.push(tell);
  }
}

const REFUSED: Readonly<Record<string, string>> = {
  'wrong-key': 'another network password, or none',
  'wrong-network': 'another network',
  'plain-http': 'it does not speak hearsay',
  'bad-http': 'it does not speak hearsay',
  'other-protocol': 'it does not speak hearsay',
};

const ANSWERED: Readonly<Record<string, string>> = {
  'not-hearsay': 'what answers there is not hearsay, and is left alone',
  'wrong-key': 'the network password is another one there; not let in',
  'wrong-network': 'another network is there; not let in',
  self: 'this is ourselves',
};

function dialTrouble({ address, error }: Extract<NodeEvent, { type: 'dial-failed' }>): string {
  const answered = error.code === 'HEARSAY_HANDSHAKE_FAILED' ? ANSWERED[String(error.value)] : undefined;
  if (answered !== undefined) return `${address}: ${answered}`;
  if (error.code !== 'HEARSAY_UNREACHABLE') return `${address}: ${error.message} (${error.code})`;
  const { code, message } = (error.cause ?? error) as NodeJS.ErrnoException;
  return `${address}: nobody answers (${code ?? message}); trying on`;
}

function short(peer: string): string {
  return peer.slice(0, 8);
}
