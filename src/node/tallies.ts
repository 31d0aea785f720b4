/**
 * What became of an agent's publications: put together from the facts that a rumor goes out in and the report that follows them.
 */
import type { Report } from '../agent.ts';
import type { RumorId } from '../ids.ts';
import type { Tally } from './subscribers.ts';

/** The tally of one agent. One is enough: an event's facts go out one after another, those of a rumor ahead of its report. */
export class Tallies {
  #rumor: RumorId | undefined;
  #tally: Tally = { sent: [], refused: [] };

  /** Where it is written down who is given a rumor. */
  of(rumor: RumorId): Tally {
    if (this.#rumor !== rumor) this.#tally = { sent: [], refused: [] };
    this.#rumor = rumor;
    return this.#tally;
  }

  /** The report with all that is known. */
  complete({ type, rumor }: Extract<Report, { type: 'published' }>): Report {
    const { sent, refused } = this.of(rumor.id);
    this.#rumor = undefined;
    return { type, rumor: { ...rumor, sent: [...rumor.sent, ...sent], refused: [...rumor.refused, ...refused] } };
  }
}
