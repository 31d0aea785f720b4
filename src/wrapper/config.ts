/**
 * The gossip config: whom we hear, whom we tell, how far what we say may go. Pure.
 * Source: `$config` of Urbit's /lib/gossip, with `relay` added.
 */
import { HearsayError } from '../errors.ts';

/** Which peers: all we know of and the neighbours in the topic's overlay, those we added, or those who also added us. */
export type Whos = 'anybody' | 'targets' | 'mutuals';

/** The persisted config of one agent. */
export interface GossipConfig {
  /** How far what we publish may travel, in recipient peers: 1 is our own audience only, 0 is silence. @defaultValue 1 (Urbit) */
  readonly hops: number;
  /** Whom we subscribe to. `anybody`: targets, leeches, and neighbours in the topic's overlay. @defaultValue mutuals (Urbit's example) */
  readonly hear: Whos;
  /** Who may subscribe to us. `anybody`: whoever asks. @defaultValue mutuals (Urbit's example) */
  readonly tell: Whos;
  /**
   * Whether data go through proxies, so that who publishes need not be who said it. `true`: a coin decides, at us and at each proxy. `stem`: the
   * stronger form; ours always take a hop, along ways that stay for an epoch. Both need `hops` of 2 or more. @defaultValue false (Urbit's example)
   */
  readonly pass: boolean | 'stem';
  /** Whether a later copy with more hops carries the reach on. @defaultValue farthest (research 0, G7) */
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

/** With one hop a proxy's audience would hear what is meant for ours alone (DESIGN 4, point 10). */
const MIN_HOPS_TO_PASS = 2;

/**
 * Fills in defaults.
 * @throws HearsayError as {@link configChange} does
 */
export function gossipConfig(given: unknown, maxHops: number): GossipConfig {
  const change = configFields(given, maxHops);
  const config = Object.freeze({ ...DEFAULT_GOSSIP_CONFIG, ...change });
  expectRoomToPass(change, config, config);
  return config;
}

/**
 * Checks a change of a config. Fields left out, or `undefined`, stay left out.
 * @param current what it changes
 * @param code the config that the code gives: what leaves a stem has its hops
 * @throws HearsayError `HEARSAY_BAD_CONFIG` naming the field, the rule and the value
 */
export function configChange(given: unknown, maxHops: number, current: GossipConfig, code: GossipConfig): Partial<GossipConfig> {
  const change = configFields(given, maxHops);
  expectRoomToPass(change, { ...current, ...change }, code);
  return change;
}

function configFields(given: unknown, maxHops: number): Partial<GossipConfig> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new HearsayError('HEARSAY_BAD_CONFIG', { field: 'config', rule: 'to be an object', value: given });
  }
  const fields = Object.entries(given).filter(([, value]) => value !== undefined);
  for (const [field, value] of fields) {
    const rule = ruleBroken(field, value, maxHops);
    if (rule === undefined) continue;
    throw new HearsayError('HEARSAY_BAD_CONFIG', { field, rule, value });
  }
  return Object.fromEntries(fields);
}

/** @param change names the field at fault */
function expectRoomToPass(change: Partial<GossipConfig>, config: GossipConfig, code: GossipConfig): void {
  if (mayPass(config, code)) return;
  const [field, rule] = change.pass === undefined ? ['hops', `to be at least ${MIN_HOPS_TO_PASS} while data are passed`] : ['pass', `to be false where hops, or those of the code, are below ${MIN_HOPS_TO_PASS}`];
  throw new HearsayError('HEARSAY_BAD_CONFIG', { field, rule, value: field === 'hops' ? config.hops : config.pass });
}

function mayPass({ pass, hops }: GossipConfig, code: GossipConfig): boolean {
  return pass === false || (hops >= MIN_HOPS_TO_PASS && (pass === true || code.hops >= MIN_HOPS_TO_PASS));
}

/**
 * What a persisted config comes to under this code, and which of its fields had to give way. Never throws: the disk may be another version's.
 * @param code the config that the code gives
 */
export function configInEffect(persisted: unknown, maxHops: number, code: GossipConfig): { readonly config: GossipConfig; readonly clamped: readonly string[] } {
  const config: Record<string, unknown> = {};
  const clamped: string[] = [];
  for (const [field, fallback] of Object.entries(DEFAULT_GOSSIP_CONFIG)) {
    const value = fieldOf(persisted, field) ?? fallback; // Older code may not have had the field.
    const allowed = ruleBroken(field, value, maxHops) === undefined;
    if (!allowed) clamped.push(field);
    config[field] = allowed ? value : field === 'hops' && isInteger(value, 0, MAX_HOPS) ? maxHops : fallback;
  }
  if (!mayPass(config as unknown as GossipConfig, code)) {
    config['pass'] = false;
    clamped.push('pass');
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
      return typeof value === 'boolean' || value === 'stem' ? undefined : 'to be true, false or stem';
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
