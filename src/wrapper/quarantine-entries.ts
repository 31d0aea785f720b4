/**
 * Quarantined rumors as they lie among what the agent saved.
 */
import type { Bowl } from '../agent.ts';
import { isPeerId } from '../ids.ts';
import type { PeerId, RumorId } from '../ids.ts';
import type { Unknown } from './core/messages.ts';
import { parseRumor } from './rumor.ts';
import type { WireRumor } from './rumor.ts';
import { quarantinedId } from './wires.ts';

export interface SavedRumor {
  readonly id: RumorId;
  /** Rises from entry to entry. */
  readonly order: number;
  readonly from: PeerId;
  readonly unknown: Unknown;
  readonly rumor: WireRumor;
}

/** What was quarantined, and the keys of entries that cannot be read: the disk may be another version's, or a limit may be lower now. */
export function readQuarantine({ saved, limits }: Bowl): { readonly entries: readonly SavedRumor[]; readonly spoilt: readonly string[] } {
  const entries: SavedRumor[] = [];
  const spoilt: string[] = [];
  for (const key of saved.keys()) {
    const id = quarantinedId(key);
    if (id === undefined) continue;
    const entry = readEntry(id, saved.get(key), limits.maxPayloadBytes);
    if (entry === undefined) spoilt.push(key);
    else entries.push(entry);
  }
  return { entries: entries.sort((a, b) => a.order - b.order), spoilt };
}

function readEntry(id: RumorId, value: unknown, maxPayloadBytes: number): SavedRumor | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { order, from, unknown, rumor } = value as Readonly<Record<string, unknown>>;
  const parsed = parseRumor(rumor, maxPayloadBytes);
  if (typeof parsed === 'string' || !Number.isSafeInteger(order) || !isPeerId(from) || (unknown !== 'kind' && unknown !== 'mark')) return undefined;
  return { id, order: order as number, from, unknown, rumor: parsed };
}
