/**
 * What the core carries about and never opens: a rumor's bytes, and how the agent shall see it.
 */
import type { Datum, Mark } from '../agent.ts';
import type { MarkCodec } from '../marks/define-marks.ts';
import { GOSSIP_UNKNOWN } from '../marks/names.ts';
import type { Verdict } from './core/messages.ts';
import { encodeRumor } from './rumor.ts';
import type { WireRumor } from './rumor.ts';

export interface Body {
  readonly rumor: WireRumor;
  /** The datum under its mark, or `gossip-unknown`. */
  readonly shown: Datum;
}

/**
 * A datum of our own agent.
 * @throws HearsayError what `marks.encode` throws: `HEARSAY_UNKNOWN_MARK`, `HEARSAY_BAD_DATA`, `HEARSAY_TOO_LARGE`, `HEARSAY_ASYNC_VALIDATOR`
 */
export function ownBody(marks: MarkCodec, { mark, data }: Datum, maxPayloadBytes: number): Body {
  return { rumor: encodeRumor(mark, marks.encode(mark, data, maxPayloadBytes)), shown: { mark, data } };
}

/** A rumor of a known kind, read. Never throws. */
export function readBody(marks: MarkCodec, rumor: WireRumor): { readonly verdict: Verdict; readonly body: Body } {
  const { mark } = rumor;
  const found = marks.decode(mark, rumor.payload);
  switch (found.verdict) {
    case 'valid':
      return { verdict: { type: 'valid' }, body: { rumor, shown: { mark, data: found.data } } };
    case 'unknown':
      return { verdict: { type: 'unknown' }, body: { rumor, shown: unknownDatum(mark, found.data, 'unknown-mark') } };
    case 'invalid': {
      const { reason, data, error } = found;
      return { verdict: { type: 'invalid', reason, ...(error !== undefined && { error }) }, body: { rumor, shown: unknownDatum(mark, data, reason) } };
    }
  }
}

/** A rumor of an unknown kind: what its payload means is not known either. */
export function strangeBody(rumor: WireRumor): Body {
  return { rumor, shown: unknownDatum(rumor.mark, undefined, 'unknown-kind') };
}

function unknownDatum(mark: Mark, data: unknown, reason: string): Datum {
  return { mark: GOSSIP_UNKNOWN, data: { mark, data, reason } };
}
