/**
 * A host small enough to see through: plain maps, one event after another. What it saves goes through CBOR, as on a disk.
 */
import { isObservable } from 'rxjs';
import type { Agent, Bowl, Effect, Emission, Effects, Report, Seen, Sign } from '../../src/agent.ts';
import type { PeerId, RumorId } from '../../src/ids.ts';
import { decodePayload, encodePayload } from '../../src/marks/payload.ts';
import { GOSSIP_GOSSIP } from '../../src/marks/paths.ts';
import { DEFAULT_LIMITS } from '../../src/limits.ts';
import { effectList } from '../../src/node/effects.ts';
import { seededRandom } from '../../src/random.ts';
import type { Random } from '../../src/random.ts';
import { ANN, NOW } from './names.ts';

/** How one event ended: what the host was asked for, or why it was dropped. */
export interface Outcome {
  readonly effects: readonly Effect[];
  readonly refused?: string;
  readonly error?: unknown;
}

export class TestHost {
  readonly our: PeerId;
  readonly name = 'rumors';
  readonly admins = new Set<PeerId>();
  readonly limits = { ...DEFAULT_LIMITS, maxPayloadBytes: 1_000, maxQuarantined: 3, maxQuarantinedBytes: 2_000 };
  random: Random = seededRandom(1);
  nowMs = NOW;
  saved = new Map<string, unknown>();
  seen = new Map<RumorId, Seen>();
  room = true;
  /** Everything performed that leaves the agent, in order. */
  readonly out: Effect[] = [];
  readonly reports: Report[] = [];
  readonly errors: unknown[] = [];
  readonly agent: Agent;
  #run: object = {};
  #queue: Extract<Effect, { type: 'deliver' }>[] = [];

  constructor(agent: Agent, before?: TestHost, our = ANN) {
    this.agent = agent;
    this.our = our;
    if (before === undefined) return;
    this.saved = before.saved;
    this.seen = before.seen;
  }

  bowl(src: PeerId = this.our): Bowl {
    const { our, name, saved, room, random, limits, admins } = this;
    return { our, src, now: this.nowMs, agent: name, saved, admin: src === our || admins.has(src), run: this.#run, seen: (id) => this.seen.get(id), check: (effects) => void effectList(effects, name, 'arm'), room, random, limits };
  }

  /** One event, to its end: a promise is waited for, every emission of an Observable is done, what was delivered is handled. */
  async event(call: (agent: Agent, bowl: Bowl) => Effects, src?: PeerId): Promise<Outcome> {
    const outcome = await this.#one(call, src);
    await this.settle();
    return outcome;
  }

  init(): Promise<Outcome> {
    return this.event((agent, bowl) => agent.onInit?.(bowl));
  }

  load(): Promise<Outcome> {
    this.#run = {};
    return this.event((agent, bowl) => agent.onLoad?.(bowl));
  }

  poke(mark: string, data: unknown, src?: PeerId): Promise<Outcome> {
    return this.event((agent, bowl) => agent.onPoke?.({ mark, data }, bowl), src);
  }

  watch(path: string, src: PeerId): Promise<Outcome> {
    return this.event((agent, bowl) => agent.onWatch?.(path, bowl), src);
  }

  sign(wire: string, sign: Sign, src?: PeerId): Promise<Outcome> {
    return this.event((agent, bowl) => agent.onAgent?.(wire, sign, bowl), src);
  }

  pals(type: 'meet' | 'part' | 'near' | 'away', peer: PeerId): Promise<Outcome> {
    const list = type === 'meet' || type === 'part' ? 'targets' : 'leeches';
    return this.sign(`/~/gossip/pals/${list}`, { type: 'fact', mark: 'pals-effect', data: { type, peer } });
  }

  /** Makes a mutual pal of a peer. */
  async befriend(peer: PeerId): Promise<void> {
    await this.pals('meet', peer);
    await this.pals('near', peer);
  }

  /** A rumor on our watch of a peer, on receipt; what it delivers waits for {@link settle}. */
  arrive(data: unknown, from: PeerId, mark = 'gossip-rumor'): readonly Effect[] | undefined {
    const effects = this.agent.onArrival?.(`${GOSSIP_GOSSIP}/${from}`, { type: 'fact', mark, data }, this.bowl(from));
    if (effects !== undefined) this.#perform(effects);
    return effects;
  }

  /** A peer has a rumor for us. `undefined`: it is to be given. */
  offer(id: RumorId, hops: number, from: PeerId): readonly Effect[] | undefined {
    const effects = this.agent.onOffer?.(`${GOSSIP_GOSSIP}/${from}`, { id, hops }, this.bowl(from));
    if (effects !== undefined) this.#perform(effects);
    return effects;
  }

  /** Hands over what waits. */
  async settle(): Promise<void> {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      const { wire, sign, src } = next;
      await this.#one((agent, bowl) => agent.onAgent?.(wire, sign, bowl), src);
    }
  }

  async #one(call: (agent: Agent, bowl: Bowl) => Effects, src?: PeerId): Promise<Outcome> {
    const performed: Effect[] = [];
    const settle = (emission: Emission): string | undefined => {
      const given = typeof emission === 'function' ? emission(this.bowl(src)) : emission;
      const effects = given === undefined || given === null ? [] : Array.isArray(given) ? (given as readonly Effect[]) : [given as Effect];
      const refusal = effects.find((effect): effect is Extract<Effect, { type: 'refuse' }> => effect.type === 'refuse');
      if (refusal !== undefined) return refusal.reason;
      performed.push(...effects);
      this.#perform(effects);
      return undefined;
    };
    try {
      const effects = call(this.agent, this.bowl(src));
      if (isObservable(effects)) effects.subscribe((emission: Emission) => this.#try(() => settle(emission)));
      const refused = isObservable(effects) ? undefined : settle(await effects);
      return { effects: performed, ...(refused !== undefined && { refused }) };
    } catch (error) {
      return { effects: [], error };
    }
  }

  #try(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.errors.push(error);
    }
  }

  #perform(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type === 'save') this.saved.set(effect.key, throughCbor(effect.value));
      else if (effect.type === 'forget') this.saved.delete(effect.key);
      else if (effect.type === 'remember') this.#remember(effect);
      else if (effect.type === 'deliver') this.#queue.push(effect);
      else if (effect.type === 'report') this.reports.push(effect.report);
      else this.out.push(effect);
    }
  }

  #remember({ id, hops, delivered, relayed }: Extract<Effect, { type: 'remember' }>): void {
    const seen = this.seen.get(id);
    this.seen.set(id, { hops: Math.max(hops, seen?.hops ?? 0), delivered: delivered || seen?.delivered === true, relayed: relayed || seen?.relayed === true });
  }
}

function throughCbor(value: unknown): unknown {
  const decoded = decodePayload(encodePayload(value));
  if (!decoded.ok) throw new Error(decoded.reason);
  return decoded.value;
}
