/**
 * The gossip config: whom we hear, whom we tell, how far what we say may go. Pure.
 * Source: `$config` of Urbit's /lib/gossip, with `relay` added.
 */
import { HearsayError } from '../errors.ts';

/** Which peers: all we know of, those we added, or those who also added us. */
export type Whos = 'anybody' | 'targets' | 'mutuals';

/** The persisted config of one agent. */
export interface GossipConfig {
  /** How far what we publish may travel, in recipient peers: 1 is our own audience only, 0 is silence. @defaultValue 1 (Urbit) */
  readonly hops: number;
  /** Whom we subscribe to. `anybody`: targets and leeches. @defaultValue mutuals (Urbit's example) */
  readonly hear: Whos;
  /** Who may subscribe to us. `anybody`: whoever asks. @defaultValue mutuals (Urbit's example) */
  readonly tell: Whos;
  /** Whether data go through a proxy. Only `false` for now. @defaultValue false (Urbit's example) */
  readonly pass: false;
  /** Whether a later copy with more hops shall carry the reach on. The seen-set keeps the most hops either way. @defaultValue farthest (research 0, G7) */
  readonly relay: 'farthest' | 'first';
}

/** What counts where nothing is given. Its `hear` and `tell` are the narrowest, so it also stands in for saved values that this code does not know. */
export const DEFAULT_GOSSIP_CONFIG: GossipConfig = Object.freeze({ hops: 1, hear: 'mutuals', tell: 'mutuals', pass: false, relay: 'farthest' });

/** The highest hop count there is (design; Urbit advises against the upper single digits). */
export const MAX_HOPS = 15;

const ONE_OF: Readonly<Record<'hear' | 'tell' | 'relay', readonly string[]>> = {
  hear: ['anybody', 'targets', 'mutuals'],
  tell: ['anybody', 'targets', 'mutuals'],
  relay: ['farthest', 'first'],
};

/**
 * Checks the code's ceiling for hops. @returns 15 when nothing is given
 * @throws HearsayError `HEARSAY_BAD_CONFIG`
 */
export function hopCeiling(maxHops: unknown = MAX_HOPS): number {
  if (isInteger(maxHops, 1, MAX_HOPS)) return maxHops;
  throw new HearsayError('HEARSAY_BAD_CONFIG', { field: 'maxHops', rule: `to be an integer from 1 to ${MAX_HOPS}`, value: maxHops });
}

/**
 * Fills in defaults.
 * @throws HearsayError as {@link configChange} does
 */
export function gossipConfig(given: unknown, maxHops: number): GossipConfig {
  return Object.freeze({ ...DEFAULT_GOSSIP_CONFIG, ...configChange(given, maxHops) });
}

/**
 * Checks some fields of a config. Fields left out, or `undefined`, stay left out.
 * @throws HearsayError `HEARSAY_BAD_CONFIG` naming the field, the rule and the value; `HEARSAY_NOT_SUPPORTED` for passing
 */
export function configChange(given: unknown, maxHops: number): Partial<GossipConfig> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new HearsayError('HEARSAY_BAD_CONFIG', { field: 'config', rule: 'to be an object', value: given });
  }
  const fields = Object.entries(given).filter(([, value]) => value !== undefined);
  for (const [field, value] of fields) {
    const rule = ruleBroken(field, value, maxHops);
    if (rule === undefined) continue;
    const code = field === 'pass' && (value === true || value === 'stem') ? 'HEARSAY_NOT_SUPPORTED' : 'HEARSAY_BAD_CONFIG';
    throw new HearsayError(code, { field, rule, value });
  }
  return Object.fromEntries(fields);
}

/** What a persisted config comes to under this code, and which of its fields had to give way. Never throws: the disk may be another version's. */
export function configInEffect(persisted: unknown, maxHops: number): { readonly config: GossipConfig; readonly clamped: readonly string[] } {
  const config: Record<string, unknown> = {};
  const clamped: string[] = [];
  for (const [field, fallback] of Object.entries(DEFAULT_GOSSIP_CONFIG)) {
    const value = fieldOf(persisted, field) ?? fallback; // Older code may not have had the field.
    const allowed = ruleBroken(field, value, maxHops) === undefined;
    if (!allowed) clamped.push(field);
    config[field] = allowed ? value : field === 'hops' && isInteger(value, 0, MAX_HOPS) ? maxHops : fallback;
  }
  return { config: Object.freeze(config) as unknown as GossipConfig, clamped };
}

/** Whether two configs agree in every field that this code knows. */
export function sameConfig(one: unknown, other: unknown): boolean {
  return Object.keys(DEFAULT_GOSSIP_CONFIG).every((field) => fieldOf(one, field) === fieldOf(other, field));
}

/** What was expected of the field; `undefined` when the value is fine. */
function ruleBroken(field: string, value: unknown, maxHops: number): string | undefined {
  switch (field) {
    case 'hops':
      return isInteger(value, 0, maxHops) ? undefined : `to be an integer from 0 to ${maxHops}`;
    case 'hear':
    case 'tell':
    case 'relay':
      return ONE_OF[field].includes(value as string) ? undefined : `to be one of ${ONE_OF[field].join(', ')}`;
    case 'pass':
      return value === false ? undefined : 'to be false: passing through proxies comes with a later version';
    default:
      return `to be one of the known fields: ${Object.keys(DEFAULT_GOSSIP_CONFIG).join(', ')}`;
  }
}

function fieldOf(config: unknown, field: string): unknown {
  return typeof config === 'object' && config !== null ? (config as Record<string, unknown>)[field] : undefined;
}

function isInteger(value: unknown, min: number, max: number): value is number {
  return Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
}
