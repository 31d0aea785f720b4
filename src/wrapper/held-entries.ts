/**
 * What is held for proxies, as it lies among what the agent saved. Our own and what others passed to us have one form, and who passed it is not in it.
 */
import type { Bowl } from '../agent.ts';
import { isPeerId } from '../ids.ts';
import type { MarkCodec } from '../marks/define-marks.ts';
import { readBody } from './body.ts';
import type { Body } from './body.ts';
import type { GossipEffect } from './core/messages.ts';
import type { RestoredRumor } from './core/passing.ts';
import { KNOWN_KINDS, parseRumor, withHops } from './rumor.ts';
import { heldId } from './wires.ts';

/** What is saved of one. */
export function heldValue({ hops, successor, deadlineMs, body }: Extract<GossipEffect<Body>, { type: 'SaveHeld' }>): unknown {
  return { rumor: withHops(body.rumor.bytes, hops), successor: successor ?? null, deadlineMs };
}

/** What was held, and the keys of entries that cannot be read or that this code finds invalid. */
export function readHeld(marks: MarkCodec, { saved, limits, seen }: Pick<Bowl, 'saved' | 'limits' | 'seen'>): { readonly entries: readonly RestoredRumor<Body>[]; readonly spoilt: readonly string[] } {
  const entries: RestoredRumor<Body>[] = [];
  const spoilt: string[] = [];
  for (const key of saved.keys()) {
    const id = heldId(key);
    if (id === undefined) continue;
    const entry = readEntry(marks, saved.get(key), limits.maxPayloadBytes);
    if (entry === undefined) {
      spoilt.push(key);
    } else {
      const before = seen(id);
      entries.push({ id, ...entry, delivered: before?.delivered === true, heard: before?.relayed === true });
    }
  }
  return { entries, spoilt };
}

function readEntry(marks: MarkCodec, value: unknown, maxPayloadBytes: number): Omit<RestoredRumor<Body>, 'id' | 'delivered' | 'heard'> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { rumor, successor, deadlineMs } = value as Readonly<Record<string, unknown>>;
  const parsed = parseRumor(rumor, maxPayloadBytes);
  if (typeof parsed === 'string' || !KNOWN_KINDS.includes(parsed.kind) || typeof deadlineMs !== 'number' || !(successor === null || isPeerId(successor))) return undefined;
  const { verdict, body } = readBody(marks, parsed);
  if (verdict.type === 'invalid') return undefined;
  const { hops, bytes } = parsed;
  return { body, bytes: bytes.length, unknown: verdict.type === 'unknown', deadlineMs, hops, successor: successor ?? undefined };
}
