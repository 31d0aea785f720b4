/**
 * The one way in (DESIGN 4, point 13): whatever peers sent becomes an input of the core here, whether it came as a fact, as a first answer, as a poke, or out
 * of quarantine. Shell, but synchronous. Most of what comes in a flood are copies: of those nothing is parsed, hashed or read.
 */
import type { Bowl, Offered, Seen, Sign } from '../agent.ts';
import type { MarkCodec } from '../marks/define-marks.ts';
import { rumorId } from '../marks/rumor-id.ts';
import { readBody, strangeBody } from './body.ts';
import type { Body } from './body.ts';
import { Copies } from './copies.ts';
import type { GossipCore } from './core.ts';
import type { Input } from './core/messages.ts';
import { readQuarantine } from './quarantine-entries.ts';
import { GOSSIP_RUMOR, HOPS_AT, KeptRumor, KNOWN_KINDS, parseRumor } from './rumor.ts';
import type { WireRumor } from './rumor.ts';
import { GOSSIP_UPGRADE, parseUpgrade } from './upgrade.ts';

type Fact = Extract<Sign, { type: 'fact' }>;

export class Intake {
  readonly #marks: MarkCodec;
  readonly #core: GossipCore<Body>;
  readonly #copies: Copies = new Copies();

  constructor(marks: MarkCodec, core: GossipCore<Body>) {
    this.#marks = marks;
    this.#core = core;
  }

  /** A fact or a first answer on a subscription of ours. */
  fact({ mark, data, replayed = false }: Fact, bowl: Bowl): Input<Body> {
    const from = bowl.src;
    if (mark === GOSSIP_UPGRADE) return this.#upgrade(data, bowl);
    if (mark !== GOSSIP_RUMOR) return { type: 'RumorRejected', from, reason: 'wrong-mark' };
    const known = data instanceof Uint8Array ? this.#copies.find(data) : undefined;
    if (known !== undefined) return this.#copy(known, (data as Uint8Array)[HOPS_AT]!, bowl, replayed);
    const rumor = parseRumor(data, bowl.limits.maxPayloadBytes);
    return typeof rumor === 'string' ? { type: 'RumorRejected', from, reason: rumor } : this.#rumor(rumor, bowl, replayed);
  }

  /** A peer has a rumor for us. `RumorOffered`: we have to have its bytes, also of one that we hold for a proxy, or that may go further and is not at hand. */
  offer({ id, hops }: Offered, bowl: Bowl): Input<Body> {
    const from = bowl.src;
    const seen = bowl.seen(id);
    return seen === undefined || this.#core.mustRead(id, hops, seen) ? { type: 'RumorOffered', id, from, hops } : { type: 'RepeatArrived', id, from, hops, seen };
  }

  /** W19. `undefined`: what is no rumor, or of a kind that we do not know, is refused, so that another proxy is found. */
  poke(data: unknown, bowl: Bowl): Input<Body> | undefined {
    const { src: from, room } = bowl;
    const rumor = parseRumor(data, bowl.limits.maxPayloadBytes);
    if (typeof rumor === 'string' || !KNOWN_KINDS.includes(rumor.kind)) return undefined;
    const id = rumorId(bowl.agent, rumor.mark, rumor.payload);
    return { type: 'RumorPoked', id, from, hops: rumor.hops, seen: bowl.seen(id), room, bytes: rumor.bytes.length, ...readBody(this.#marks, rumor) };
  }

  /** The turn of a rumor that was to be quarantined. */
  quarantined(data: unknown, bowl: Bowl): Input<Body> | undefined {
    const rumor = parseRumor(data, bowl.limits.maxPayloadBytes);
    if (typeof rumor === 'string') return undefined;
    const id = rumorId(bowl.agent, rumor.mark, rumor.payload);
    return { type: 'Quarantined', id, from: bowl.src, unknown: KNOWN_KINDS.includes(rumor.kind) ? 'mark' : 'kind', bytes: rumor.bytes.length, body: strangeBody(rumor) };
  }

  /** What lies in quarantine and this code can read, and the keys of what cannot be read at all. */
  readAgain(bowl: Bowl): { readonly inputs: readonly Input<Body>[]; readonly spoilt: readonly string[] } {
    const { entries, spoilt } = readQuarantine(bowl);
    const known = entries.filter(({ unknown, rumor }) => (unknown === 'kind' ? KNOWN_KINDS.includes(rumor.kind) : this.#marks.has(rumor.mark)));
    const inputs = known.map(({ id, from, unknown, rumor }): Input<Body> => {
      const { hops } = rumor;
      return { type: 'QuarantineRead', unknown, id, from, hops, seen: bowl.seen(id), room: bowl.room, bytes: rumor.bytes.length, ...readBody(this.#marks, rumor) };
    });
    return { inputs, spoilt };
  }

  #upgrade(data: unknown, bowl: Bowl): Input<Body> {
    const from = bowl.src;
    const header = parseUpgrade(data);
    if (header === undefined) return { type: 'RumorRejected', from, reason: 'bad-upgrade' };
    return { type: 'UpgradeArrived', from, ...header, seen: bowl.seen(header.id) };
  }

  #rumor(rumor: WireRumor, bowl: Bowl, resumed: boolean): Input<Body> {
    const { src: from, room } = bowl;
    const id = rumorId(bowl.agent, rumor.mark, rumor.payload);
    const kept = new KeptRumor(id, rumor);
    if (!KNOWN_KINDS.includes(rumor.kind)) return { type: 'StrangeRumorArrived', id, from, room, body: strangeBody(kept) };
    this.#copies.add(kept);
    return this.#copy(kept, rumor.hops, bowl, resumed, rumor.payload);
  }

  /** @param hops as they came: each copy has its own @param payload if it is at hand */
  #copy(rumor: KeptRumor, hops: number, bowl: Bowl, resumed: boolean, payload?: Uint8Array): Input<Body> {
    const { id } = rumor;
    const { src: from, room } = bowl;
    const seen = this.#seen(rumor, hops, bowl);
    if (seen !== undefined && !resumed && !this.#core.mustRead(id, hops, seen)) return { type: 'RepeatArrived', id, from, hops, seen };
    const { verdict, body } = readBody(this.#marks, rumor, payload);
    const bytes = rumor.bytes.length;
    // What comes again was let in before the process ended, with the hops that are remembered.
    if (resumed && seen !== undefined) return { type: 'RumorArrived', id, from, hops: seen.hops, seen, resumed, room: true, bytes, verdict, body };
    return { type: 'RumorArrived', id, from, hops, seen, room, bytes, verdict, body };
  }

  /** What was delivered and relayed stays so, and hops only rise: with no more of them a copy changes nothing, and the seen-set is not asked again. */
  #seen(rumor: KeptRumor, hops: number, bowl: Bowl): Seen | undefined {
    if (rumor.settled !== undefined && hops <= rumor.settled.hops) return rumor.settled;
    const seen = bowl.seen(rumor.id);
    if (seen?.delivered === true && seen.relayed) rumor.settled = seen;
    return seen;
  }
}
