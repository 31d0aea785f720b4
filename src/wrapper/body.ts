/**
 * What the core carries about and never opens: a rumor's bytes, and how the agent shall see it.
 */
import type { Datum, Mark } from '../agent.ts';
import { assert } from '../errors.ts';
import type { MarkCodec, MarkVerdict } from '../marks/define-marks.ts';
import { GOSSIP_UNKNOWN } from '../marks/names.ts';
import type { Verdict } from './core/messages.ts';
import { encodeRumor } from './rumor.ts';
import type { WireRumor } from './rumor.ts';

/** Kept for two minutes by the thousand, so what can be read again is let go. */
export class Body {
  readonly rumor: WireRumor;
  readonly #marks: MarkCodec | undefined;
  #shown: Datum | undefined;

  /** @param marks what reads the rumor; `undefined` when that does not give what is shown */
  constructor(rumor: WireRumor, shown: Datum, marks: MarkCodec | undefined) {
    this.rumor = rumor;
    this.#shown = shown;
    this.#marks = marks;
  }

  /** The datum under its mark, or `gossip-unknown`. */
  get shown(): Datum {
    if (this.#shown !== undefined) return this.#shown;
    const { mark, payload } = this.rumor;
    assert(this.#marks !== undefined, 'what cannot be read again was not let go');
    this.#shown = shownAs(mark, this.#marks.decode(mark, payload));
    return this.#shown;
  }

  /** What is shown is with those who asked for it; who asks again has it read again. */
  letGo(): void {
    if (this.#marks !== undefined) this.#shown = undefined;
  }
}

/**
 * A datum of our own agent.
 * @throws HearsayError what `marks.encode` throws: `HEARSAY_UNKNOWN_MARK`, `HEARSAY_BAD_DATA`, `HEARSAY_TOO_LARGE`, `HEARSAY_ASYNC_VALIDATOR`
 */
export function ownBody(marks: MarkCodec, { mark, data }: Datum, maxPayloadBytes: number): Body {
  return new Body(encodeRumor(mark, marks.encode(mark, data, maxPayloadBytes)), { mark, data }, undefined);
}

/** A rumor of a known kind, read. Never throws. @param payload the rumor's, if it is at hand */
export function readBody(marks: MarkCodec, rumor: WireRumor, payload: Uint8Array = rumor.payload): { readonly verdict: Verdict; readonly body: Body } {
  const found = marks.decode(rumor.mark, payload);
  const body = new Body(rumor, shownAs(rumor.mark, found), marks);
  if (found.verdict !== 'invalid') return { verdict: found.verdict === 'valid' ? VALID : UNKNOWN, body };
  const { reason, error } = found;
  return { verdict: { type: 'invalid', reason, ...(error !== undefined && { error }) }, body };
}

const VALID: Verdict = Object.freeze({ type: 'valid' });
const UNKNOWN: Verdict = Object.freeze({ type: 'unknown' });

function shownAs(mark: Mark, found: MarkVerdict): Datum {
  switch (found.verdict) {
    case 'valid':
      return { mark, data: found.data };
    case 'unknown':
      return unknownDatum(mark, found.data, 'unknown-mark');
    case 'invalid':
      return unknownDatum(mark, found.data, found.reason);
  }
}

/** A rumor of an unknown kind: what its payload means is not known either. */
export function strangeBody(rumor: WireRumor): Body {
  return new Body(rumor, unknownDatum(rumor.mark, undefined, 'unknown-kind'), undefined);
}

function unknownDatum(mark: Mark, data: unknown, reason: string): Datum {
  return { mark: GOSSIP_UNKNOWN, data: { mark, data, reason } };
}
