/**
 * A node's side towards others: its links, what is said over them, where everybody is, and whom it keeps in touch with. Shell.
 */
import { Buffer } from 'node:buffer';
import { primitives } from '../crypto/index.ts';
import type { PeerId } from '../ids.ts';
import type { PalsEvent } from '../pals/core/types.ts';
import type { Random } from '../random.ts';
import type { Store } from '../store/store.ts';
import type { Identity } from '../transport/identity.ts';
import { Links } from '../transport/links.ts';
import type { Transport } from '../transport/transport.ts';
import { wsTransport } from '../transport/ws.ts';
import { Addresses } from './addresses.ts';
import { Bootstrap } from './bootstrap.ts';
import type { Clock } from './clock.ts';
import { Dialling } from './dialling.ts';
import { Finding } from './finding.ts';
import { topicOf } from './host.ts';
import type { Host } from './host.ts';
import { LINK_WIRE } from './links-agent.ts';
import type { LinkChange } from './links-agent.ts';
import { encodeMessage } from './messages.ts';
import type { NodeEvents } from './node-events.ts';
import type { CheckedOptions } from './options.ts';
import { NEIGHBOR_WIRE, OVERLAY } from './overlay-agent.ts';
import type { OverlayPort, TopicChange } from './overlay-agent.ts';
import { Overlays } from './overlays.ts';
import { Router } from './router.ts';
import { SpareLinks } from './spare-links.ts';
import { WantedLinks } from './wanted-links.ts';

/** What the node brings. */
export interface NetworkOptions {
  readonly identity: Identity;
  readonly options: CheckedOptions;
  /** @defaultValue WebSockets */
  readonly transports: readonly Transport[] | undefined;
  readonly clock: Clock;
  readonly store: Store;
  readonly random: Random;
  readonly host: Host;
  readonly events: NodeEvents;
}

export class Network {
  readonly router: Router;
  readonly #given: NetworkOptions;
  readonly #links: Links;
  readonly #wanted: WantedLinks;
  readonly #bootstrap: Bootstrap;
  /** Whom our user added. */
  readonly #targets = new Set<PeerId>();
  readonly #leeches = new Set<PeerId>();
  readonly #dialling: Dialling;
  readonly #spare: SpareLinks;
  readonly #finding: Finding;
  #addresses: Addresses | undefined;
  #overlays: Overlays | undefined;

  /** @throws HearsayError `HEARSAY_BAD_CONFIG` */
  constructor(given: NetworkOptions) {
    const { clock, random, options } = given;
    const { limits, bootstrap, listen, announce } = options;
    this.#given = given;
    this.router = this.#makeRouter();
    this.#finding = this.#makeFinding();
    this.#links = this.#makeLinks();
    this.#dialling = this.#makeDialling();
    this.#dialling.named([...listen, ...announce, ...bootstrap]);
    this.#spare = this.#makeSpare();
    // Links refuse to be told of more.
    this.#wanted = new WantedLinks(Math.min(limits.maxHotPals, limits.maxPals), this.#links);
    this.#bootstrap = new Bootstrap(bootstrap, {
      clock,
      random: random.fork('bootstrap'),
      limits,
      connect: (address, signal) => this.#dialling.bootstrap(address, signal),
      isUp: (peer) => this.#links.isUp(peer),
      found: (peer) => this.#overlays?.hostUp(peer),
    });
  }

  /** Where others can dial us, best first, without our id. */
  get addresses(): readonly string[] {
    return this.#addresses?.own ?? [];
  }

  /** The peers we have a link to. */
  get peers(): readonly PeerId[] {
    return this.#links.peers();
  }

  /** What the agent `overlay` asks for. */
  get overlay(): OverlayPort {
    return {
      join: (name, role) => this.#overlays?.join(name, role),
      leave: (name) => this.#overlays?.leave(name),
      leaveAll: () => this.#overlays?.leaveAll(),
    };
  }

  /** Reads the address book. Before anything else. */
  async open(): Promise<void> {
    const { identity, options, store, clock, events } = this.#given;
    const { maxAddressRecords: maxRecords, maxTopicRecords } = options.limits;
    const addresses = await Addresses.open(
      {
        identity,
        store,
        clock,
        maxRecords,
        maxTopicRecords,
        isPal: (peer) => this.#targets.has(peer),
        allows: (address) => this.#dialling.allows(address),
        renewed: (record) => this.#recordRenewed(record),
      },
      (error) => events.tell({ type: 'damaged', error }),
    );
    this.#addresses = addresses;
    this.#overlays = this.#makeOverlays(addresses);
  }

  /** Lets others in, tells them where, and dials. @throws HearsayError `HEARSAY_PORT_IN_USE`, `HEARSAY_LISTEN_FAILED` */
  async start(): Promise<void> {
    const { listen, announce } = this.#given.options;
    const listening: string[] = [];
    for (const address of listen) listening.push(await this.#links.listen(address));
    this.#addresses?.announce([...announce, ...listening]);
    this.#bootstrap.start();
    this.#finding.start();
  }

  /** Says goodbye to neighbours. Nothing comes in and nothing is asked any more; the links are still there. To others a node that goes is a lost link, not a kick. */
  leave(): void {
    this.#overlays?.close();
    this.#bootstrap.close();
    this.#finding.close();
    this.router.close();
    this.#spare.close();
  }

  async close(): Promise<void> {
    await this.#links.close();
    this.#addresses?.close();
  }

  /**
   * A link to a peer at the first of the addresses where it is.
   * @throws HearsayError `HEARSAY_UNREACHABLE` when nobody answers; what was wrong (`HEARSAY_HANDSHAKE_FAILED`, `HEARSAY_CLOCK_SKEW`, `HEARSAY_REFUSED`) when somebody did
   */
  connect(addresses: readonly string[], peer: PeerId): Promise<void> {
    return this.#dialling.peer(addresses, peer);
  }

  /** Keeps a link to each of these addresses, too; the result lets go of them. */
  contact(addresses: readonly string[]): () => void {
    this.#dialling.named(addresses);
    const letGo = this.#bootstrap.add(addresses);
    return () => letGo().forEach((peer) => this.#spare.released(peer));
  }

  /** Whether our user added that peer. */
  isTarget(peer: PeerId): boolean {
    return this.#targets.has(peer);
  }

  /** Our user added a peer or dropped it, or the peer did so with us. */
  palChanged({ type, peer }: PalsEvent): void {
    const list = type === 'meet' || type === 'part' ? this.#targets : this.#leeches;
    if (type === 'meet' || type === 'near') list.add(peer);
    else list.delete(peer);
    if (list === this.#targets) this.#wanted.set(peer, 'pal', type === 'meet');
    this.#finding.met(peer);
    if (type === 'part') this.#given.host.parted(peer);
  }

  /** There is something to say to everybody. */
  published(): void {
    this.#wanted.published(this.#given.clock.now());
  }

  #makeRouter(): Router {
    const { clock, options, events, host } = this.#given;
    return new Router({
      clock,
      limits: options.limits,
      send: (peer, bytes, rest) => this.#links.send(peer, bytes, rest),
      congested: (peer) => this.#links.congested(peer),
      want: (peer, wanted) => {
        this.#wanted.set(peer, 'router', wanted);
        if (!wanted) this.#spare.released(peer);
      },
      misbehaved: (peer, reason) => this.#misbehaved(peer, reason),
      dropped: (peer) => events.count({ type: 'dropped', peer, reason: 'slow-reader' }),
      // Behind the gestures that came before it on the link: they may be what makes the peer a mutual.
      watched: (topic, subscriber, answer) => {
        subscriber.onEnd(() => this.#spare.released(subscriber.peer));
        host.after('pals', () => host.watched(topic, subscriber, answer));
      },
      poked: (topic, src, mark, payload, answer) => host.poked(topic, src, mark, payload, answer),
      record: (peer, record) => this.#learn(peer, record),
      overlay: (peer, topic, payload) => this.#overlays?.received(peer, topic, payload),
      find: (peer, sought) => {
        if (this.#overlays?.admits(peer) === true) this.#finding.asked(peer, sought);
      },
      barrier: (done) => host.barrier(done),
    });
  }

  #makeLinks(): Links {
    const { identity, options, transports, random, clock, events } = this.#given;
    const { network, password, limits } = options;
    return new Links({
      identity,
      networkId: network,
      ...(password !== undefined && { networkKey: networkKey(password, network) }),
      transports: transports ?? [wsTransport({ onRefused: (reason, host) => events.count({ type: 'refused', reason, host }) })],
      limits,
      random: random.fork('links'),
      now: () => clock.now(),
      addressesOf: (peer) => this.#addresses?.of(peer) ?? [],
      vet: (peer, url) => this.#dialling.vet(peer, url),
      events: {
        onUp: (peer, { dialled }) => this.#linkUp(peer, dialled),
        onDown: (peer, reason) => this.#linkDown(peer, reason),
        onMessage: (peer, message) => {
          this.#wanted.useful(peer);
          this.router.received(peer, message);
        },
        onRefused: (reason, host) => events.count({ type: 'refused', reason, host }),
        onDialFailed: (peer, address, error) => events.tell({ type: 'dial-failed', peer, address, error }),
        onDrained: (peer) => this.router.drained(peer),
      },
    });
  }

  #linkUp(peer: PeerId, dialled: string | undefined): void {
    const link = this.#spare.up(peer);
    if (dialled !== undefined) this.#addresses?.worked(peer, dialled);
    this.#given.events.tell({ type: 'link-up', peer, dialled: dialled !== undefined });
    if (this.#addresses !== undefined) this.router.record(peer, this.#addresses.record);
    this.#tellLinks({ type: 'up', peer }, () => {
      // Pals has said its hello on this link by now, so that our watches come behind it.
      if (this.#spare.of(peer) !== link) return;
      this.router.linkUp(peer);
      this.#finding.met(peer);
    });
    this.#spare.makeRoom();
  }

  #linkDown(peer: PeerId, reason: string): void {
    this.#spare.down(peer);
    this.#given.events.tell({ type: 'link-down', peer, reason });
    this.router.linkDown(peer);
    this.#tellLinks({ type: 'down', peer });
    this.#overlays?.linkDown(peer);
    this.#bootstrap.lost(peer, reason);
  }

  #isNeeded(peer: PeerId): boolean {
    return this.#wanted.has(peer) || this.#overlays?.uses(peer) === true || this.#bootstrap.peers.includes(peer) || this.router.serves(peer);
  }

  #isMutual(peer: PeerId): boolean {
    return this.#targets.has(peer) && this.#leeches.has(peer);
  }

  #recordRenewed(record: Uint8Array): void {
    for (const peer of this.peers) this.router.record(peer, record);
    this.#overlays?.recordChanged(record);
  }

  #makeSpare(): SpareLinks {
    const { clock, options } = this.#given;
    return new SpareLinks({
      clock,
      limits: options.limits,
      isDialled: (peer) => this.#links.isDialled(peer),
      isNeeded: (peer) => this.#isNeeded(peer),
      disconnect: (peer, reason) => this.#links.disconnect(peer, reason),
    });
  }

  #makeDialling(): Dialling {
    const { clock, events, options } = this.#given;
    const { limits, discover } = options;
    return new Dialling(
      { clock, limits, events, discover, isTarget: (peer) => this.#targets.has(peer), addressesOf: (contact) => this.#addresses?.ofContact(contact) ?? [] },
      this.#links,
    );
  }

  #makeOverlays(addresses: Addresses): Overlays {
    const { identity, clock, random, options, events, host } = this.#given;
    return new Overlays({
      self: identity.id,
      clock,
      random: random.fork('overlays'),
      limits: options.limits,
      addresses,
      topicOf: (name) => topicOf(options.network, name),
      send: (peer, topic, payload) => this.#links.send(peer, encodeMessage({ type: 'Overlay', topic, payload })),
      isUp: (peer) => this.#links.isUp(peer),
      dial: (contact, signal) => this.#dialling.contact(contact, signal),
      released: (peer) => this.#spare.released(peer),
      hosts: () => [...new Set([...this.#bootstrap.peers, ...this.peers.filter((peer) => this.#targets.has(peer))])],
      changed: (name, change) => {
        const { type, peer } = change;
        events.tell(type === 'up' ? { type: 'neighbor-up', topic: name, peer } : { type: 'neighbor-down', topic: name, peer, reason: change.reason });
        host.tell(OVERLAY, NEIGHBOR_WIRE, 'neighbor', { name, type, peer } satisfies TopicChange, () => undefined);
      },
      ignored: (peer, reason) => events.count({ type: 'ignored', peer, reason: `overlay: ${reason}` }),
      misbehaved: (peer, reason) => this.#misbehaved(peer, reason),
    });
  }

  #makeFinding(): Finding {
    const { clock, random } = this.#given;
    return new Finding({
      clock,
      random: random.fork('finding'),
      targets: () => this.#targets,
      isMutual: (peer) => this.#isMutual(peer),
      peers: () => this.peers,
      isUp: (peer) => this.#links.isUp(peer),
      recordOf: (peer) => this.#addresses?.contact(peer).record,
      ask: (peer, sought) => this.router.find(peer, sought),
      answer: (peer, record) => this.router.record(peer, record),
    });
  }

  /** `done` once pals has heard of it too. */
  #tellLinks(change: LinkChange, done: () => void = () => undefined): void {
    const { host } = this.#given;
    host.tell('links', LINK_WIRE, 'link', change, () => host.after('pals', done));
  }

  #learn(from: PeerId, record: Uint8Array): void {
    const learnt = this.#addresses?.learn(record);
    if (learnt === undefined) return;
    if (learnt.ok) {
      if (learnt.changed) this.#links.nudge(learnt.id);
    } else {
      this.#given.events.count({ type: 'misbehaved', peer: from, reason: `record: ${learnt.reason}` });
    }
  }

  #misbehaved(peer: PeerId, reason: string): void {
    this.#given.events.count({ type: 'misbehaved', peer, reason });
    this.#links.disconnect(peer, reason);
  }
}

/** 32 bytes that only those who know the password can have. scrypt makes guessing slow; the network id is its salt. */
function networkKey(password: string, network: string): Uint8Array {
  return primitives().scrypt(Buffer.from(password, 'utf8'), Buffer.from(`hearsay/1 network\0${network}`, 'utf8'));
}
