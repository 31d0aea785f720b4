/**
 * A node's side towards others: its links, what is said over them, where everybody is, and whom it keeps in touch with. Shell.
 */
import { Buffer } from 'node:buffer';
import { primitives } from '../crypto/index.ts';
import { HearsayError } from '../errors.ts';
import type { PeerId } from '../ids.ts';
import type { Contact } from '../overlay/messages.ts';
import type { PalsEvent } from '../pals/core/types.ts';
import type { Random } from '../random.ts';
import type { Store } from '../store/store.ts';
import { formatAddress, parseAddress } from '../transport/address.ts';
import { isNotHearsay } from '../transport/channel/fault.ts';
import { placesOf } from '../transport/dnsaddr.ts';
import type { Identity } from '../transport/identity.ts';
import { Links } from '../transport/links.ts';
import type { Vetted } from '../transport/links.ts';
import type { Transport } from '../transport/transport.ts';
import { wsTransport } from '../transport/ws.ts';
import { Addresses } from './addresses.ts';
import { Bootstrap, CROWDED } from './bootstrap.ts';
import type { Clock } from './clock.ts';
import { DialGuard } from './dial-guard.ts';
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

/** A link that its topic needs no more stays for so long: another may ask over it, and our watches end first (our choice). */
const LINGER_MS = 1_000;
/** Of our links so many are kept free for whoever comes next: an eighth (our choice). */
const SPARE_SHARE = 1 / 8;
/** A link that is younger may not have been put to use yet (our choice: a handshake's time). */
const NEW_LINK_MS = 5_000;

interface Link {
  readonly dialled: boolean;
  readonly sinceMs: number;
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
  readonly #guard: DialGuard;
  readonly #finding: Finding;
  /** One object for each link, from up to down. */
  readonly #current = new Map<PeerId, Link>();
  /** By peer: links that may have no purpose any more. */
  readonly #lingering = new Map<PeerId, () => void>();
  #addresses: Addresses | undefined;
  #overlays: Overlays | undefined;

  /** @throws HearsayError `HEARSAY_BAD_CONFIG` */
  constructor(given: NetworkOptions) {
    const { clock, random, options } = given;
    const { limits, bootstrap, listen, announce } = options;
    this.#given = given;
    this.#guard = new DialGuard({ clock, maxDialsPerHost: limits.maxDialsPerHost });
    this.#guard.named([...listen, ...announce, ...bootstrap]);
    this.router = this.#makeRouter();
    this.#finding = this.#makeFinding();
    this.#links = this.#makeLinks();
    // Links refuse to be told of more.
    this.#wanted = new WantedLinks(Math.min(limits.maxHotPals, limits.maxPals), this.#links);
    this.#bootstrap = new Bootstrap(bootstrap, {
      clock,
      random: random.fork('bootstrap'),
      limits,
      connect: (address, signal) => this.#bootstrapAt(address, signal),
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
        allows: (address) => this.#guard.allows(address),
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
    for (const cancel of this.#lingering.values()) cancel();
  }

  async close(): Promise<void> {
    await this.#links.close();
    this.#addresses?.close();
  }

  /**
   * A link to a peer at the first of the addresses where it is.
   * @throws HearsayError `HEARSAY_UNREACHABLE` when nobody answers; what was wrong (`HEARSAY_HANDSHAKE_FAILED`, `HEARSAY_CLOCK_SKEW`, `HEARSAY_REFUSED`) when somebody did
   */
  async connect(addresses: readonly string[], peer: PeerId): Promise<void> {
    const errors: unknown[] = [];
    const places = addresses.map((address) => formatAddress(parseAddress(address).url, peer));
    if ((await this.#connectFirst(places, errors)) !== undefined) return;
    const answered = errors.find((error) => error instanceof HearsayError && error.code !== 'HEARSAY_UNREACHABLE');
    throw answered ?? new HearsayError('HEARSAY_UNREACHABLE', { field: 'link', rule: 'to hold an address where the inviter answers', value: addresses, cause: errors.at(-1) });
  }

  /** Keeps a link to each of these addresses, too; the result lets go of them. */
  contact(addresses: readonly string[]): () => void {
    this.#guard.named(addresses);
    const letGo = this.#bootstrap.add(addresses);
    return () => letGo().forEach((peer) => this.#released(peer));
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

  /** A link to whoever is at a bootstrap address. Where a name stands for several places, only if none of them is hearsay does it count as such. */
  async #bootstrapAt(address: string, signal: AbortSignal): Promise<PeerId> {
    const { events } = this.#given;
    const errors: unknown[] = [];
    const places = await placesOf(address, signal).catch((error: HearsayError) => {
      events.tell({ type: 'dial-failed', peer: undefined, address, error });
      throw error;
    });
    const peer = await this.#connectFirst(places, errors, signal);
    if (peer === undefined) throw errors.find((error) => !isNotHearsay(error)) ?? errors[0];
    events.tell({ type: 'bootstrapped', peer, address });
    return peer;
  }

  /** @returns who was found at the first of the places where somebody of ours is; with nobody, `errors` say why */
  async #connectFirst(places: readonly string[], errors: unknown[], signal?: AbortSignal): Promise<PeerId | undefined> {
    for (const place of places) {
      try {
        return await this.#links.connect(place, signal === undefined ? {} : { signal });
      } catch (error) {
        errors.push(error);
      }
    }
    return undefined;
  }

  #makeRouter(): Router {
    const { clock, options, events, host } = this.#given;
    return new Router({
      clock,
      limits: options.limits,
      send: (peer, bytes, rest) => this.#links.send(peer, bytes, rest),
      congested: (peer) => this.#links.congested(peer),
      want: (peer, wanted) => this.#wanted.set(peer, 'router', wanted),
      misbehaved: (peer, reason) => this.#misbehaved(peer, reason),
      dropped: (peer) => events.count({ type: 'dropped', peer, reason: 'slow-reader' }),
      // Behind the gestures that came before it on the link: they may be what makes the peer a mutual.
      watched: (topic, subscriber, answer) => {
        subscriber.onEnd(() => this.#released(subscriber.peer));
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
      vet: (peer, url) => this.#vet(peer, url),
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
    const link = { dialled: dialled !== undefined, sinceMs: this.#given.clock.now() };
    this.#current.set(peer, link);
    if (dialled !== undefined) this.#addresses?.worked(peer, dialled);
    this.#given.events.tell({ type: 'link-up', peer, dialled: dialled !== undefined });
    if (this.#addresses !== undefined) this.router.record(peer, this.#addresses.record);
    this.#tellLinks({ type: 'up', peer }, () => {
      // Pals has said its hello on this link by now, so that our watches come behind it.
      if (this.#current.get(peer) !== link) return;
      this.router.linkUp(peer);
      this.#finding.met(peer);
    });
    this.#makeRoom();
  }

  #linkDown(peer: PeerId, reason: string): void {
    this.#current.delete(peer);
    this.#given.events.tell({ type: 'link-down', peer, reason });
    this.router.linkDown(peer);
    this.#tellLinks({ type: 'down', peer });
    this.#overlays?.linkDown(peer);
    this.#bootstrap.lost(peer, reason);
  }

  /** A topic, or the peer itself, needs the link no more. Whoever dialled it ends it, when nobody else here needs it. */
  #released(peer: PeerId): void {
    if (this.#lingering.has(peer) || this.#current.get(peer)?.dialled !== true) return;
    const look = (): void => {
      this.#lingering.delete(peer);
      if (this.#current.get(peer)?.dialled === true && !this.#isNeeded(peer)) this.#links.disconnect(peer, 'unneeded');
    };
    this.#lingering.set(peer, this.#given.clock.after(LINGER_MS, look));
  }

  /** When links run short, one that nobody here needs gives way, the oldest first: there shall be room for pals and for whoever wants to join. */
  #makeRoom(): void {
    const { maxLinks } = this.#given.options.limits;
    if (this.#current.size <= maxLinks - Math.ceil(maxLinks * SPARE_SHARE)) return;
    const sinceMs = this.#given.clock.now() - NEW_LINK_MS;
    const idle = [...this.#current].find(([peer, link]) => link.sinceMs <= sinceMs && !this.#isNeeded(peer));
    if (idle !== undefined) this.#links.disconnect(idle[0], CROWDED);
  }

  #isNeeded(peer: PeerId): boolean {
    return this.#wanted.has(peer) || this.#overlays?.uses(peer) === true || this.#bootstrap.peers.includes(peer) || this.router.serves(peer);
  }

  #isMutual(peer: PeerId): boolean {
    return this.#targets.has(peer) && this.#leeches.has(peer);
  }

  /** Pals are dialled wherever they say they are; others with care. */
  #vet(peer: PeerId | undefined, url: string): Vetted {
    if (peer !== undefined && this.#targets.has(peer)) return { ok: true };
    return this.#given.options.discover && this.#guard.take(url) ? { ok: true, admits: (ip) => this.#guard.takeResolved(ip) } : { ok: false };
  }

  async #dialContact(contact: Contact, signal: AbortSignal): Promise<void> {
    const addresses = this.#given.options.discover ? this.#addresses?.ofContact(contact) : [];
    if (this.#links.isUp(contact.peer)) return;
    for (const address of addresses ?? []) {
      const peer = await this.#links.connect(formatAddress(address, contact.peer), { signal, hearsay: true }).catch(() => undefined);
      if (peer !== undefined) return;
    }
    throw new HearsayError('HEARSAY_UNREACHABLE', { field: 'contact', rule: 'to answer at one of its addresses', value: contact.peer });
  }

  #recordRenewed(record: Uint8Array): void {
    for (const peer of this.peers) this.router.record(peer, record);
    this.#overlays?.recordChanged(record);
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
      dial: (contact, signal) => this.#dialContact(contact, signal),
      released: (peer) => this.#released(peer),
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
