/**
 * The secure channel over one connection: a handshake, then sealed frames of messages. Shell. It has no timer of its own: whoever
 * holds it bounds the handshake and the drain, asks it for signs of life, and closes it.
 * Everything sent in one turn of the event loop shares frames, which leave when the turn ends.
 */
import { assert } from '../errors.ts';
import type { PeerId } from '../ids.ts';
import { Direction, REKEY_AFTER } from './channel/direction.ts';
import type { RekeyAfter } from './channel/direction.ts';
import type { ChannelFault } from './channel/fault.ts';
import { AnsweringSide, DiallingSide } from './channel/handshake.ts';
import type { HandshakeSide, HandshakeStep, Party } from './channel/handshake.ts';
import { readRefusal } from './channel/hello.ts';
import { FrameReader, FrameWriter, MAX_MESSAGE_BYTES } from './frames.ts';
import type { Control, Inbound } from './frames.ts';
import { NONE } from './noise-state.ts';
import type { Connection } from './transport.ts';

/** What a channel tells, never from within a call to it. */
export interface ChannelListener {
  /** Authenticated, and let in if we dialled. Once, before any message. Whoever is not welcome is closed from within this call. */
  onReady(peer: PeerId): void;
  /** The bytes are the receiver's to keep. They may be a view of a frame of up to 64 KiB, which is then kept with them. */
  onMessage(message: Uint8Array): void;
  /** The peer has sent everything, and reads on until the connection closes. */
  onGoaway(reason: string): void;
  /** Once, and last. */
  onClose(fault: ChannelFault): void;
}

/** What a channel is made of. The connection is the channel's from then on. */
export interface ChannelOptions {
  readonly connection: Connection;
  readonly party: Party;
  readonly dialled: boolean;
  /** Who must answer a dial. */
  readonly expected: PeerId | undefined;
  /** Wall clock, ms since 1970, a whole number: for certificates. */
  readonly now: () => number;
  readonly listener: ChannelListener;
  /** Both ends must have the same. @defaultValue {@link REKEY_AFTER}; tests take less */
  readonly rekeyAfter?: RekeyAfter;
}

/**
 * shaking: not authenticated. admission: the dialler waits for the first frame, which says whether it was let in. open: messages both ways.
 * closing: everything was sent, nothing is read. closed: given up.
 */
type State = 'shaking' | 'admission' | 'open' | 'closing' | 'closed';

/** Sent without waiting for the end of the turn: the most that a turn may pile up here (our choice: one longest message). */
const FLUSH_BYTES = MAX_MESSAGE_BYTES;

/** One end of a channel. A dialling one says hello as soon as it is made. */
export class SecureChannel {
  readonly #options: ChannelOptions;
  readonly #connection: Connection;
  readonly #side: HandshakeSide;
  readonly #writer = new FrameWriter();
  readonly #reader = new FrameReader();
  #state: State = 'shaking';
  #peer: PeerId | undefined;
  #sending: Direction | undefined;
  #receiving: Direction | undefined;
  #frames = 0;
  #turnEnd: NodeJS.Immediate | undefined;
  #pongDue = false;
  #saidGoaway = false;
  #fault: ChannelFault | undefined;

  constructor(options: ChannelOptions) {
    const { connection, party, dialled, expected } = options;
    this.#options = options;
    this.#connection = connection;
    const side = dialled ? new DiallingSide(party, expected) : new AnsweringSide(party);
    this.#side = side;
    if (side instanceof DiallingSide) connection.send(side.hello());
    connection.listen({ onMessage: (message) => this.#onMessage(message), onClose: (reason) => this.#onClose(reason) });
  }

  /** Who is at the other end, as soon as that is proven. */
  get peer(): PeerId | undefined {
    return this.#peer;
  }

  get remoteHost(): string {
    return this.#connection.remoteHost;
  }

  /** Frames that have come: a sign of life. */
  get frames(): number {
    return this.#frames;
  }

  /** What was given to `send` and the system has not taken yet. */
  get bufferedBytes(): number {
    return this.#writer.bytes + this.#connection.bufferedBytes;
  }

  /** Sends a message of at most `MAX_MESSAGE_BYTES`, in one part or two. They must stay as they are until the turn ends. After a goaway of ours, or the end, it does nothing. */
  send(message: Uint8Array, rest: Uint8Array = NONE): void {
    assert(message.length + rest.length <= MAX_MESSAGE_BYTES, 'a message has at most 1 MiB and 4 KiB');
    if (this.#state !== 'open' || this.#saidGoaway) return;
    this.#writer.addMessage(message, rest);
    if (this.#writer.bytes >= FLUSH_BYTES) this.#flush();
    else this.#flushLater();
  }

  /** Asks for a sign of life. */
  ping(): void {
    this.#control({ type: 'ping' });
  }

  /** Says that nothing more comes. We go on reading. */
  goaway(reason: string): void {
    if (this.#saidGoaway) return;
    this.#control({ type: 'goaway', reason });
    this.#saidGoaway = true;
  }

  /** Says that nothing more comes, sends what is buffered, closes. What still comes is dropped. */
  close(reason: string): void {
    if (this.#state !== 'open') return this.terminate(reason);
    this.goaway(reason);
    this.#flush();
    this.#state = 'closing';
    this.#fault ??= { reason };
    this.#connection.close();
  }

  /** Closes at once, in whatever state. */
  terminate(reason: string): void {
    this.#end({ reason });
    this.#connection.terminate();
  }

  // What comes.

  #onMessage(message: Uint8Array): void {
    if (this.#state === 'shaking') return this.#perform(this.#side.receive(message, this.#options.now()));
    if (this.#state === 'closed' || this.#state === 'closing') return;
    const refusal = this.#state === 'admission' ? readRefusal(message, this.#options.now()) : undefined;
    if (refusal !== undefined) return this.#fail(refusal);
    const frame = this.#receiving?.open(message);
    if (frame === undefined) return this.#fail({ reason: 'bad-seal' });
    this.#frames += 1;
    const read = this.#reader.read(frame);
    if (!read.ok) return this.#fail({ reason: read.reason });
    if (this.#state === 'admission' && !this.#admitted(read.inbound[0])) return;
    for (const inbound of read.inbound) this.#onInbound(inbound);
  }

  #perform(step: HandshakeStep): void {
    switch (step.type) {
      case 'reply':
        return this.#connection.send(step.message);
      case 'done':
        return this.#onHandshakeDone(step);
      case 'failed':
        if (step.refusal === undefined) return this.#fail(step.fault);
        this.#connection.send(step.refusal);
        this.#end(step.fault);
        return this.#connection.close();
    }
  }

  #onHandshakeDone({ message, peer, send, receive }: HandshakeStep & { readonly type: 'done' }): void {
    const rekeyAfter = this.#options.rekeyAfter ?? REKEY_AFTER;
    this.#peer = peer;
    this.#sending = new Direction(send, rekeyAfter);
    this.#receiving = new Direction(receive, rekeyAfter);
    if (message !== undefined) {
      this.#state = 'admission';
      return this.#connection.send(message);
    }
    this.#state = 'open';
    this.#options.listener.onReady(peer);
    // Tells the dialler that it was let in, unless it was not.
    this.#control({ type: 'pong' });
  }

  /** A first frame that starts with a goaway is a closed door; any other opens it. */
  #admitted(first: Inbound | undefined): boolean {
    if (first !== undefined && !(first instanceof Uint8Array) && first.type === 'goaway') {
      this.#fail({ reason: 'refused', detail: first.reason });
      return false;
    }
    this.#state = 'open';
    if (this.#peer !== undefined) this.#options.listener.onReady(this.#peer);
    return true;
  }

  #onInbound(inbound: Inbound): void {
    // The listener may have closed this channel over what came before.
    if (this.#state !== 'open') return;
    if (inbound instanceof Uint8Array) return this.#options.listener.onMessage(inbound);
    if (inbound.type === 'goaway') return this.#options.listener.onGoaway(inbound.reason);
    // One answer a turn is enough, however many ask.
    if (inbound.type !== 'ping' || this.#pongDue) return;
    this.#pongDue = true;
    this.#control({ type: 'pong' });
  }

  // What goes.

  #control(control: Control): void {
    if (this.#state !== 'open' || this.#saidGoaway) return;
    this.#writer.addControl(control);
    this.#flushLater();
  }

  #flushLater(): void {
    this.#turnEnd ??= setImmediate(() => this.#flush());
  }

  #flush(): void {
    clearImmediate(this.#turnEnd);
    this.#turnEnd = undefined;
    this.#pongDue = false;
    const sending = this.#sending;
    if (sending !== undefined) this.#writer.pack((frame) => this.#connection.send(sending.seal(frame)));
  }

  // The end.

  #fail(fault: ChannelFault): void {
    this.#end(fault);
    this.#connection.terminate();
  }

  #end(fault: ChannelFault): void {
    this.#state = 'closed';
    this.#fault ??= fault;
    clearImmediate(this.#turnEnd);
    this.#turnEnd = undefined;
  }

  #onClose(reason: string): void {
    this.#end({ reason });
    this.#options.listener.onClose(this.#fault ?? { reason });
  }
}
