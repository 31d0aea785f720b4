/**
 * The agent `pals` that every node runs: the friend graph core, hosted like any app. Shell.
 * It checks what comes, turns the core's effects into an agent's, and answers watches and reads of local agents (P5, P6).
 * Peers reach it by poke only: gestures, hellos, redemptions.
 */
import { fact, leave, poke, refuse, wait, watch } from '../agent.ts';
import type { Agent, Bowl, Datum, Effect, Sign } from '../agent.ts';
import { assertNever } from '../errors.ts';
import { isPeerId } from '../ids.ts';
import type { PeerId } from '../ids.ts';
import type { Limits } from '../limits.ts';
import type { Random } from '../random.ts';
import { Pals } from './core.ts';
import type { PalsEvent, PalsInput } from './core/types.ts';
import { addToken, tokenHash, useToken } from './invite-tokens.ts';
import { COMMAND, EFFECT, GESTURE, HELLO, PALS, readCommand, readGesture, readHello, readRedeem, REDEEM, REDEEM_ANSWER } from './messages.ts';
import type { Command, RedeemAnswer } from './messages.ts';
import { savedPals, toEffect } from './pals-effects.ts';

/** What the agent is made of. */
export interface PalsAgentOptions {
  /** Of the node's directory: `store.incarnation`. 32 hex digits. */
  readonly incarnation: string;
  readonly random: Random;
  readonly limits: Limits;
}

/** An agent all of whose arms answer at once. */
export interface PalsAgent extends Agent {
  onInit(bowl: Bowl): readonly Effect[];
  onLoad(bowl: Bowl): readonly Effect[];
  onPoke(datum: Datum, bowl: Bowl): readonly Effect[];
  onWatch(path: string, bowl: Bowl): readonly Effect[];
  onAgent(wire: string, sign: Sign, bowl: Bowl): readonly Effect[];
  onWake(wire: string, bowl: Bowl): readonly Effect[];
  onPeek(path: string, bowl: Bowl): unknown;
  onFail(error: Error, bowl: Bowl): readonly Effect[];
}

const LINKS = '/links';
/** How long to wait when the node's own links refuse us; they do only when overloaded (as W24). */
const LINKS_RETRY_MS = 60_000;
/** Answers that say nothing about an invite: the poke did not get through. */
const NO_ANSWER: readonly string[] = ['unreachable', 'overloaded'];

/**
 * Makes the agent. One per node.
 *
 * Reads: `/targets`, `/targets/<list>`, `/leeches`, `/mutuals`, `/mutuals/<list>` and `/lists` give sorted arrays,
 * `/is/<target|leeche|mutual>/<peer>` a boolean, `/receipts` a map from peer to boolean, `/refusals` a map from reason to how often.
 */
export function palsAgent(options: PalsAgentOptions): PalsAgent {
  const shell = new PalsShell(options);
  return {
    open: { pokes: [GESTURE, HELLO, REDEEM] },
    onInit: (bowl) => shell.watchLinks(bowl),
    onLoad: (bowl) => shell.watchLinks(bowl),
    onPoke: (datum, bowl) => shell.onPoke(datum, bowl),
    onWatch: (path, bowl) => shell.onWatch(path, bowl),
    onAgent: (wire, sign, bowl) => shell.onAgent(wire, sign, bowl),
    onWake: (wire, bowl) => shell.onWake(wire, bowl),
    onPeek: (path, bowl) => shell.onPeek(path, bowl),
    onFail: (_error, bowl) => shell.onFail(bowl),
  };
}

class PalsShell {
  readonly #options: PalsAgentOptions;
  readonly #refusals = new Map<string, number>();
  #core: Pals | undefined;
  #run: object | undefined;

  constructor(options: PalsAgentOptions) {
    this.#options = options;
  }

  watchLinks(bowl: Bowl): readonly Effect[] {
    return [watch(LINKS, bowl.our, 'links', '/peers')];
  }

  onPoke(datum: Datum, bowl: Bowl): readonly Effect[] {
    const effects = this.#poked(datum, bowl);
    for (const effect of effects) {
      if (effect.type === 'refuse') this.#refusals.set(effect.reason, (this.#refusals.get(effect.reason) ?? 0) + 1);
    }
    return effects;
  }

  onWatch(path: string, bowl: Bowl): readonly Effect[] {
    if (bowl.src !== bowl.our) return [refuse('forbidden')];
    const core = this.#graph(bowl);
    if (path === '/targets') return core.friends.targets().map((peer) => fact([], EFFECT, { type: 'meet', peer } satisfies PalsEvent));
    if (path === '/leeches') return core.friends.leeches().map((peer) => fact([], EFFECT, { type: 'near', peer } satisfies PalsEvent));
    return path === '/redeems' ? [] : [refuse('no-such-path')];
  }

  onAgent(wire: string, sign: Sign, bowl: Bowl): readonly Effect[] {
    if (wire === LINKS) return this.#onLinks(sign, bowl);
    if (sign.type !== 'poke-ack') return [];
    const [, kind, ...rest] = wire.split('/');
    const answered = sign.refused === undefined ? {} : { refused: sign.refused };
    if (kind === 'gesture') return this.#step({ type: 'GestureAnswered', peer: bowl.src, seq: Number(rest[0]), ...answered }, bowl);
    if (kind === 'redeem') return this.#onRedeemAnswered(rest[0] === 'new', rest[1] ?? '', sign.refused, bowl);
    return [];
  }

  onWake(wire: string, bowl: Bowl): readonly Effect[] {
    if (wire === LINKS) return this.watchLinks(bowl);
    const peer = wire.slice('/retry/'.length);
    return isPeerId(peer) ? this.#step({ type: 'TimerFired', peer }, bowl) : [];
  }

  onPeek(path: string, bowl: Bowl): unknown {
    const core = this.#graph(bowl);
    const [, what, ...rest] = path.split('/');
    // A label may contain slashes.
    const list = rest.length === 0 ? undefined : rest.join('/');
    switch (what) {
      case 'targets':
        return core.friends.targets(list);
      case 'mutuals':
        return core.friends.mutuals(list);
      case 'leeches':
        return core.friends.leeches();
      case 'lists':
        return core.friends.lists();
      case 'receipts':
        return core.friends.receipts();
      case 'refusals':
        return new Map(this.#refusals);
      case 'is':
        return isPeerId(rest[1]) ? this.#is(core, rest[0], rest[1]) : undefined;
      default:
        return undefined;
    }
  }

  /** The core took a step whose effects were dropped, so it starts again from what is saved, and asks which links are open. */
  onFail(bowl: Bowl): readonly Effect[] {
    this.#core = undefined;
    return [leave(LINKS, bowl.our, 'links'), ...this.watchLinks(bowl)];
  }

  #poked({ mark, data }: Datum, bowl: Bowl): readonly Effect[] {
    const from = bowl.src;
    if (mark === COMMAND) {
      if (from !== bowl.our) return [refuse('forbidden')];
      const command = readCommand(data);
      return command === undefined ? [refuse('bad-form')] : this.#command(command, bowl);
    }
    if (mark === GESTURE) {
      const gesture = readGesture(data);
      return gesture === undefined ? [refuse('bad-form')] : this.#step({ type: 'GestureReceived', from, gesture }, bowl);
    }
    if (mark === HELLO) {
      const hello = readHello(data);
      return hello === undefined ? [refuse('bad-form')] : this.#step({ type: 'HelloReceived', from, hello }, bowl);
    }
    if (mark === REDEEM) {
      const redeem = readRedeem(data);
      return redeem === undefined ? [refuse('bad-form')] : this.#onRedeem(redeem.token, bowl);
    }
    return [refuse('not-open')];
  }

  #command(command: Command, bowl: Bowl): readonly Effect[] {
    switch (command.type) {
      case 'meet':
        return this.#step({ type: 'Meet', peer: command.peer, lists: command.lists }, bowl);
      case 'part':
        return this.#step({ type: 'Part', peer: command.peer, lists: command.lists }, bowl);
      case 'resend':
        return this.#step({ type: 'Resend' }, bowl);
      case 'invite':
        return addToken(bowl.saved, command.hash, command.expiresMs, bowl.now, this.#options.limits);
      case 'redeem':
        return this.#redeem(command.peer, command.token, bowl);
      default:
        return assertNever(command);
    }
  }

  /** We meet the inviter and hand in the token. Whether we had met before goes into the wire: an undone redemption undoes only itself. */
  #redeem(inviter: PeerId, token: Uint8Array, bowl: Bowl): readonly Effect[] {
    if (inviter === bowl.our) return [refuse('bad-invite')];
    const before = this.#graph(bowl).friends.isTarget(inviter) ? 'old' : 'new';
    const met = this.#step({ type: 'Meet', peer: inviter, lists: [] }, bowl);
    if (isRefusal(met)) return met;
    return [...met, poke(`/redeem/${before}/${tokenHash(token)}`, inviter, PALS, REDEEM, { token })];
  }

  #onRedeemAnswered(isNew: boolean, hash: string, refused: string | undefined, bowl: Bowl): readonly Effect[] {
    const undo = isNew && refused !== undefined && !NO_ANSWER.includes(refused);
    const parted = undo ? this.#step({ type: 'Part', peer: bowl.src, lists: [] }, bowl) : [];
    const answer: RedeemAnswer = { peer: bowl.src, hash, refused: refused ?? null };
    return [...parted, fact(['/redeems'], REDEEM_ANSWER, answer)];
  }

  /** A peer hands in a token of ours: it is used up and the peer is met in one event, or neither. */
  #onRedeem(token: Uint8Array, bowl: Bowl): readonly Effect[] {
    if (bowl.src === bowl.our) return [refuse('self')];
    const used = useToken(bowl.saved, token, bowl.now);
    if (typeof used === 'string') return [refuse(used)];
    const met = this.#step({ type: 'Meet', peer: bowl.src, lists: [] }, bowl);
    return isRefusal(met) ? met : [...met, used];
  }

  #onLinks(sign: Sign, bowl: Bowl): readonly Effect[] {
    switch (sign.type) {
      case 'fact': {
        const { type, peer } = sign.data as { readonly type: 'up' | 'down'; readonly peer: PeerId };
        return this.#step({ type: type === 'up' ? 'LinkUp' : 'LinkDown', peer }, bowl);
      }
      case 'kick':
        return this.watchLinks(bowl);
      case 'watch-ack':
        return sign.refused === undefined ? [] : [wait(LINKS, LINKS_RETRY_MS)];
      case 'poke-ack':
        return [];
      default:
        return assertNever(sign);
    }
  }

  #is(core: Pals, what: string | undefined, peer: PeerId): boolean | undefined {
    if (what === 'target') return core.friends.isTarget(peer);
    if (what === 'leeche') return core.friends.isLeeche(peer);
    return what === 'mutual' ? core.friends.isTarget(peer) && core.friends.isLeeche(peer) : undefined;
  }

  /** The core of this run, made from what is saved at the run's first event. */
  #graph(bowl: Bowl): Pals {
    if (this.#core === undefined || this.#run !== bowl.run) {
      const { incarnation, random, limits } = this.#options;
      this.#core = new Pals({ self: bowl.our, incarnation, random, maxPals: limits.maxPals, maxLinks: limits.maxLinks }, savedPals(bowl.saved));
      this.#run = bowl.run;
    }
    return this.#core;
  }

  #step(input: PalsInput, bowl: Bowl): readonly Effect[] {
    return this.#graph(bowl).step(input, bowl.now).map(toEffect);
  }
}

function isRefusal(effects: readonly Effect[]): boolean {
  return effects.some(({ type }) => type === 'refuse');
}
