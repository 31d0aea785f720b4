/**
 * The friend graph of one node: whom we added (targets), who added us (leeches), and the gestures that keep both ends
 * agreed. Pure: no clock, no dice, no disk. Rules P1–P9 after Urbit's pals; the registers, retries and hellos are ours (DESIGN 6).
 *
 * The shell must: perform every effect, in order; call `step` for one input at a time; hand back each `SetTimer` as
 * `TimerFired`; keep what `Save` says in one transaction with the rest, and give it all to the constructor at the next start.
 */
import { assertNever } from '../errors.ts';
import type { PeerId } from '../ids.ts';
import { Greetings } from './core/greetings.ts';
import { badList, MAX_LISTS_PER_PAL, mergeLists } from './core/lists.ts';
import { isGivenUp, isLeeche } from './core/record.ts';
import { compare, isCredible, nextSeq, retryDelayMs } from './core/register.ts';
import type { Gesture, GestureRefusal, Hello, SentGesture } from './core/register.ts';
import { Roster } from './core/roster.ts';
import type { Friends } from './core/roster.ts';
import type { PalRecord, PalsEffect, PalsEvent, PalsInput, PalsNotice, PalsOptions, PalsRefusal } from './core/types.ts';

/** Strangers may fill three quarters (our choice): a crowd of made-up peers must not keep our user from meeting anybody. */
const STRANGERS_SHARE = 3 / 4;

/** The friend graph. Its state is what was saved, and which links are open. */
export class Pals {
  readonly #options: PalsOptions;
  readonly #roster: Roster;
  readonly #greetings: Greetings;
  /** Tries of the gestures that are not acknowledged. Not saved: after a restart the first retry is soon. */
  readonly #attempts = new Map<PeerId, number>();
  #effects: PalsEffect[] = [];
  #nowMs = 0;

  /** @param saved what `Save` effects said before, less what `Forget` dropped */
  constructor(options: PalsOptions, saved: Iterable<readonly [PeerId, PalRecord]> = []) {
    this.#options = options;
    this.#roster = new Roster(saved);
    this.#greetings = new Greetings(options.maxLinks);
  }

  /** Advances the machine by one input. `nowMs`: ms since 1970. */
  step(input: PalsInput, nowMs: number): readonly PalsEffect[] {
    this.#effects = [];
    this.#nowMs = nowMs;
    this.#dispatch(input);
    for (const [peer, record] of this.#roster.takeChanged()) this.#effects.push({ type: 'Save', peer, record });
    return this.#effects;
  }

  /** Who is what to us, now. */
  get friends(): Friends {
    return this.#roster;
  }

  #dispatch(input: PalsInput): void {
    switch (input.type) {
      case 'Meet':
        return this.#onMeet(input.peer, input.lists);
      case 'Part':
        return this.#onPart(input.peer, input.lists);
      case 'Resend':
        return this.#onResend();
      case 'GestureReceived':
        return this.#onGesture(input.from, input.gesture);
      case 'HelloReceived':
        return this.#onHello(input.from, input.hello);
      case 'GestureAnswered':
        return this.#onAnswered(input.peer, input.seq, input.refused);
      case 'LinkUp':
        return this.#onLinkUp(input.peer);
      case 'LinkDown':
        return this.#greetings.close(input.peer);
      case 'TimerFired':
        return this.#onTimer(input.peer);
      default:
        return assertNever(input);
    }
  }

  #onMeet(peer: PeerId, lists: readonly string[]): void {
    if (peer === this.#options.self) return;
    if (badList(lists) !== undefined) return this.#refuse('bad-list');
    const before = this.#roster.of(peer);
    const merged = mergeLists(before.lists ?? [], lists);
    if (merged.length > MAX_LISTS_PER_PAL) return this.#refuse('too-many-lists');
    if (before.lists !== null) {
      if (merged.length > before.lists.length) this.#roster.put(peer, { ...before, lists: merged });
      return;
    }
    if (!this.#makeRoom(peer, this.#options.maxPals)) return this.#refuse('full');
    this.#roster.put(peer, { ...before, lists: merged });
    this.#emit('meet', peer);
    this.#gesture(peer, 'hey', before.mine?.seq);
  }

  #onPart(peer: PeerId, lists: readonly string[]): void {
    const before = this.#roster.of(peer);
    if (before.lists === null) return;
    if (lists.length > 0) {
      const kept = before.lists.filter((list) => !lists.includes(list));
      if (kept.length < before.lists.length) this.#roster.put(peer, { ...before, lists: kept });
      return;
    }
    this.#roster.put(peer, { ...before, lists: null });
    this.#emit('part', peer);
    this.#gesture(peer, 'bye', before.mine?.seq);
  }

  #onResend(): void {
    for (const [peer, record] of this.#roster) {
      if (record.lists !== null) this.#gesture(peer, 'hey', record.mine?.seq);
      else if (isLeeche(record)) this.#gesture(peer, 'bye', record.mine?.seq);
    }
  }

  #onGesture(from: PeerId, gesture: SentGesture): void {
    const wasReset = this.#wasReset(from, gesture.incarnation);
    const refusal = this.#take(from, gesture, wasReset);
    if (refusal !== undefined) return this.#refuse(refusal);
    if (wasReset) this.#tellAgain(from);
    if (this.#roster.has(from)) this.#greet(from);
  }

  #onHello(from: PeerId, { incarnation, mine, held }: Hello): void {
    if (from === this.#options.self) return this.#refuse('self');
    const wasReset = this.#wasReset(from, incarnation);
    if (wasReset) this.#onReset(from);
    // What we cannot take here is refused by name when it comes as a gesture.
    if (mine !== null) this.#take(from, { ...mine, incarnation }, false);
    if (this.#roster.has(from) && this.#roster.of(from).incarnation !== incarnation) this.#roster.put(from, { ...this.#roster.of(from), incarnation });
    if (wasReset) this.#tellAgain(from);
    else this.#compareHeld(from, held);
    // A link that we were not told of yet is open all the same.
    if (!this.#greetings.isOpen(from)) this.#greetings.open(from);
    this.#greet(from);
  }

  #wasReset(peer: PeerId, incarnation: string): boolean {
    const known = this.#roster.of(peer).incarnation;
    return known !== null && known !== incarnation;
  }

  /** P7. What the peer said in its former life counts no more. */
  #onReset(peer: PeerId): void {
    const before = this.#roster.of(peer);
    this.#roster.put(peer, { ...before, theirs: null, receipt: null });
    if (isLeeche(before)) this.#emit('away', peer);
    if (isLeeche(before) || before.lists !== null) this.#notify('reset', peer);
  }

  /** P7. Nor does it know what we said, once its own new word is taken. */
  #tellAgain(peer: PeerId): void {
    const { lists, mine } = this.#roster.of(peer);
    if (lists === null) this.#compareHeld(peer, null);
    else this.#gesture(peer, 'hey', mine?.seq);
  }

  /** What the peer holds of ours: the last word, an older one, or a later one than we remember. */
  #compareHeld(peer: PeerId, held: number | null): void {
    // Of a stranger nothing is ours.
    if (!this.#roster.has(peer)) return;
    const record = this.#roster.of(peer);
    const { mine, lists } = record;
    if (held !== null && held > (mine?.seq ?? -1) && isCredible(held, this.#nowMs)) {
      // We were set back to an older copy of our directory. What we say now must stand above what we no longer know we said.
      return this.#gesture(peer, lists === null ? 'bye' : 'hey', held);
    }
    if (mine === null) return;
    // Who holds nothing of ours need not be told `bye`.
    if (held === mine.seq || (held === null && mine.kind === 'bye')) return this.#acknowledged(peer);
    if (mine.acked) this.#roster.put(peer, { ...record, receipt: null, mine: { ...mine, acked: false } });
    this.#sendMine(peer);
  }

  #onAnswered(peer: PeerId, seq: number, refused: string | undefined): void {
    const record = this.#roster.of(peer);
    if (record.mine?.seq !== seq) return;
    if (refused === undefined) return this.#acknowledged(peer);
    if (refused === 'unreachable' || refused === 'overloaded' || record.mine.acked) return;
    if (record.lists !== null && record.receipt !== false) this.#roster.put(peer, { ...record, receipt: false });
  }

  #onLinkUp(peer: PeerId): void {
    this.#greetings.open(peer);
    if (this.#roster.has(peer)) this.#greet(peer);
  }

  #onTimer(peer: PeerId): void {
    const { mine } = this.#roster.of(peer);
    if (mine === null || mine.acked) return;
    if (isGivenUp(mine, this.#nowMs)) this.#attempts.delete(peer);
    else this.#sendMine(peer);
  }

  /** P3. Takes a peer's gesture over, or says why not. `isReset`: what we hold of it is from a former life. */
  #take(from: PeerId, { kind, seq, incarnation }: SentGesture, isReset: boolean): GestureRefusal | undefined {
    if (from === this.#options.self) return 'self';
    const standing = compare(isReset ? null : this.#roster.of(from).theirs, { kind, seq }, this.#nowMs);
    if (standing !== 'newer') return standing === 'same' ? undefined : standing;
    if (!this.#roster.has(from)) {
      // A stranger's `bye` says what is so already, and is not worth remembering.
      if (kind === 'bye') return undefined;
      if (!this.#makeRoom(from, Math.ceil(this.#options.maxPals * STRANGERS_SHARE))) return 'full';
    }
    if (isReset) this.#onReset(from);
    const before = this.#roster.of(from);
    this.#roster.put(from, { ...before, theirs: { kind, seq }, incarnation });
    if (isLeeche(before) === (kind === 'hey')) return undefined;
    this.#emit(kind === 'hey' ? 'near' : 'away', from);
    this.#notify(kind === 'hey' ? 'added' : 'dropped', from);
    return undefined;
  }

  /** Writes our register, and sends it until it is acknowledged. */
  #gesture(peer: PeerId, kind: Gesture['kind'], last: number | undefined): void {
    this.#roster.put(peer, { ...this.#roster.of(peer), receipt: null, mine: { kind, seq: nextSeq(last, this.#nowMs), acked: false } });
    this.#attempts.delete(peer);
    this.#sendMine(peer);
  }

  #sendMine(peer: PeerId): void {
    const { mine } = this.#roster.of(peer);
    if (mine === null) return;
    // Written under a clock that was ahead and has been put right: nobody would take it.
    if (!isCredible(mine.seq, this.#nowMs)) return this.#gesture(peer, mine.kind, undefined);
    const attempt = this.#attempts.get(peer) ?? 0;
    this.#attempts.set(peer, attempt + 1);
    this.#effects.push({ type: 'SendGesture', to: peer, gesture: { kind: mine.kind, seq: mine.seq, incarnation: this.#options.incarnation } });
    this.#effects.push({ type: 'SetTimer', peer, delayMs: retryDelayMs(attempt, this.#options.random.below(401)) });
    this.#greet(peer);
  }

  #acknowledged(peer: PeerId): void {
    const record = this.#roster.of(peer);
    this.#attempts.delete(peer);
    if (record.mine === null || record.mine.acked) return;
    this.#roster.put(peer, { ...record, receipt: record.lists === null ? null : true, mine: { ...record.mine, acked: true } });
  }

  /** Says hello, once on each link. */
  #greet(peer: PeerId): void {
    if (!this.#greetings.take(peer)) return;
    const { mine, theirs } = this.#roster.of(peer);
    const hello: Hello = {
      incarnation: this.#options.incarnation,
      mine: mine === null ? null : { kind: mine.kind, seq: mine.seq },
      held: theirs === null ? null : theirs.seq,
    };
    this.#effects.push({ type: 'SendHello', to: peer, hello });
  }

  /** Whether another peer may be remembered, within `bound`. At the bound the oldest that both sides are done with is forgotten. */
  #makeRoom(peer: PeerId, bound: number): boolean {
    const { ok, forgotten } = this.#roster.makeRoom(peer, bound, this.#nowMs);
    if (forgotten !== undefined) {
      this.#attempts.delete(forgotten);
      this.#effects.push({ type: 'Forget', peer: forgotten });
    }
    return ok;
  }

  #emit(type: PalsEvent['type'], peer: PeerId): void {
    this.#effects.push({ type: 'Emit', event: { type, peer } });
  }

  #notify(type: PalsNotice['type'], peer: PeerId): void {
    this.#effects.push({ type: 'Notify', notice: { type, peer } });
  }

  #refuse(reason: PalsRefusal): void {
    this.#effects.push({ type: 'Refuse', reason });
  }
}
