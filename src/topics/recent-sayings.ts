/**
 * What was said here a moment ago, for neighbours that come now. While an overlay is put together a neighbour may go with a message on its
 * way to it, and if there was no other, nobody has heard it. Whoever has it drops it as a copy.
 */
import type { Bowl, Effect } from '../agent.ts';
import type { RumorId } from '../ids.ts';
import { readConfig } from '../wrapper/configure.ts';
import { answer } from './message.ts';
import type { Content } from './message.ts';

/** Messages (our choice: 25 a second for {@link MAX_AGE_MS}). */
const MAX_MESSAGES = 256;
/** Bytes of messages (our choice: four of the largest of the default `maxPayloadBytes`). */
const MAX_BYTES: number = 256 * 1024;
/** Ms (our choice: as long as a message waits for the first neighbour by default, limits.neighborTimeoutMs). */
const MAX_AGE_MS = 10_000;
/** To how many newcomers each message goes, so that who subscribes over and over costs little (a member's 5 neighbours and 10 leaves). */
const MAX_NEWCOMERS = 15;

interface Said {
  readonly content: Content;
  readonly atMs: number;
  newcomers: number;
}

export class RecentSayings {
  /** In the order they were said. */
  readonly #said = new Map<RumorId, Said>();
  #bytes = 0;

  /** A message is being said by an agent under `withGossip`. */
  said(id: RumorId, content: Content, bowl: Bowl): void {
    // What goes through proxies is held by those until others have it, and newcomers are not to learn from us that we said it.
    if (readConfig(bowl).pass === false) this.add(id, content, bowl.now);
  }

  /** At a limit the oldest go. @param nowMs wall clock */
  add(id: RumorId, content: Content, nowMs: number): void {
    this.#delete(id);
    this.#said.set(id, { content, atMs: nowMs, newcomers: 0 });
    this.#bytes += content.bytes.length;
    this.#drop(nowMs);
  }

  /** First answers for a newcomer, in the order they were said. */
  answers(bowl: Bowl): readonly Effect[] {
    this.#drop(bowl.now);
    const answers: Effect[] = [];
    for (const [id, said] of this.#said) {
      // The event that was to say it failed.
      if (bowl.seen(id) === undefined) continue;
      answers.push(answer(said.content));
      said.newcomers += 1;
      if (said.newcomers === MAX_NEWCOMERS) this.#delete(id);
    }
    return answers;
  }

  /** Drops what is too much or too old, or from a time that the clock has since been set back from. */
  #drop(nowMs: number): void {
    for (const [id, { atMs }] of this.#said) {
      const isRecent = Math.abs(nowMs - atMs) <= MAX_AGE_MS;
      if (!isRecent || this.#said.size > MAX_MESSAGES || this.#bytes > MAX_BYTES) this.#delete(id);
    }
  }

  #delete(id: RumorId): void {
    const said = this.#said.get(id);
    if (said === undefined) return;
    this.#said.delete(id);
    this.#bytes -= said.content.bytes.length;
  }
}
