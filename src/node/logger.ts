/**
 * What a node logs, and where to. Only what `events$` and the streams of its agents tell: peers, topics, reasons, addresses, counts.
 * Never a payload, an error's value or its cause, since what an app throws may quote its data; and no id of a rumor, from which data can be guessed.
 */
import type { Observable } from 'rxjs';
import type { AgentEvent, Rumor } from '../agent.ts';
import { HearsayError } from '../errors.ts';
import type { NodeEvent } from './node-events.ts';

/** What a line is about. */
export type LogFields = Readonly<Record<string, string | number | boolean>>;

/** Where a node logs. Loggers of pino fit, and others whose methods take fields and a text. What they throw is not caught. */
export interface Logger {
  /** Each rumor. */
  debug(fields: LogFields, text: string): void;
  /** Links, pals, dials. */
  info(fields: LogFields, text: string): void;
  /** What others did wrong or were refused, and what was dropped. */
  warn(fields: LogFields, text: string): void;
  /** What went wrong here. */
  error(fields: LogFields, text: string): void;
}

type Level = keyof Logger;

const NODE_LEVELS: Readonly<Record<NodeEvent['type'], Level>> = {
  'link-up': 'info',
  'link-down': 'info',
  bootstrapped: 'info',
  'dial-failed': 'info',
  'pal-added': 'info',
  'pal-dropped': 'info',
  'pal-reset': 'info',
  'neighbor-up': 'info',
  'neighbor-down': 'info',
  ignored: 'info',
  'address-part-ignored': 'warn',
  refused: 'warn',
  misbehaved: 'warn',
  dropped: 'warn',
  damaged: 'error',
};

/** Of an agent's events; all others are warnings. */
const FAILURES: ReadonlySet<string> = new Set(['failed', 'store-failed', 'stopped']);

/** The streams of an app that are logged. */
interface Logged {
  readonly name: string;
  readonly events$: Observable<AgentEvent>;
  readonly published$: Observable<Rumor>;
  readonly received$: Observable<Rumor>;
  readonly relayed$: Observable<Rumor>;
}

/** Logs what happens to a node until it is closed. */
export function logNode(logger: Logger, events$: Observable<NodeEvent>): void {
  events$.subscribe((event) => {
    const { type, error, ...fields } = { error: undefined, ...event };
    logger[NODE_LEVELS[type]]({ ...plain(fields), ...ofError(error) }, type);
  });
}

/** Logs what happens to an agent until it is closed. */
export function logApp(logger: Logger, app: Logged): void {
  const topic = app.name;
  app.events$.subscribe(({ name, peer, reason, count, error }) => {
    if (name in NODE_LEVELS) return; // of pals, and the node tells it
    // What an app threw, and a schema's complaint, may quote the datum.
    const told = error !== undefined || name === 'invalid-data' ? undefined : reason;
    logger[FAILURES.has(name) ? 'error' : 'warn']({ topic, ...plain({ peer, reason: told, count }), ...ofError(error) }, name);
  });
  for (const what of ['published', 'received', 'relayed'] as const) {
    app[`${what}$`].subscribe(({ mark, hops, src }) => logger.debug({ topic, mark, hops, peer: src }, what));
  }
}

function ofError(error: Error | undefined): LogFields {
  if (!(error instanceof HearsayError)) return {};
  const { code, field, rule, value } = error;
  // The reason of a failed handshake is one of our words.
  return { code, field, rule, ...(code === 'HEARSAY_HANDSHAKE_FAILED' && { reason: String(value) }) };
}

function plain(fields: Readonly<Record<string, string | number | boolean | undefined>>): LogFields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as LogFields;
}
