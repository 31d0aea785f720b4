/** Agents under the wrapper for tests, in a small host, and the data they say. */
import * as z from 'zod';
import type { Agent, Bowl, Datum, Effect, Effects, FactEffect, Report, Sign } from '../../src/agent.ts';
import { HearsayError } from '../../src/errors.ts';
import type { PeerId, RumorId } from '../../src/ids.ts';
import { defineMarks } from '../../src/marks/define-marks.ts';
import type { Marks } from '../../src/marks/define-marks.ts';
import { encodePayload } from '../../src/marks/payload.ts';
import { rumorId } from '../../src/marks/rumor-id.ts';
import { encodeRumor, withHops } from '../../src/wrapper/rumor.ts';
import { withGossip } from '../../src/wrapper/with-gossip.ts';
import type { GossipOptions } from '../../src/wrapper/with-gossip.ts';
import { TestHost } from './test-host.ts';

const schemas = { say: z.string().max(20) };
export const marks: Marks<typeof schemas> = defineMarks(schemas);
export const GOSSIP = '/~/gossip/gossip';
export const CONFIG = '/~/gossip/config';

export const wireOf = (text: unknown, hops: number, mark = 'say'): Uint8Array => withHops(encodeRumor(mark, encodePayload(text)).bytes, hops);
export const idOf = (text: unknown, mark = 'say'): RumorId => rumorId('rumors', mark, encodePayload(text));
/** A rumor on its way to all subscribers. */
export const tells = (text: string, hops: number): FactEffect => ({ type: 'fact', paths: [GOSSIP], mark: 'gossip-rumor', data: wireOf(text, hops), rumor: idOf(text), owedHops: hops, offer: false });
export const ofType = <T extends Effect['type']>(effects: readonly Effect[], type: T): Extract<Effect, { type: T }>[] => effects.filter((effect): effect is Extract<Effect, { type: T }> => effect.type === type);

/** An agent that does what a poke says, and notes what it hears. */
export class Echo implements Agent {
  readonly heard: { mark: string; data: unknown; src: PeerId; replayed?: boolean }[] = [];
  does: (datum: Datum, bowl: Bowl) => Effects = () => undefined;

  onPoke(datum: Datum, bowl: Bowl): Effects {
    return this.does(datum, bowl);
  }

  onAgent(_wire: string, sign: Sign, { src }: Bowl): Effects {
    if (sign.type === 'fact') this.heard.push({ mark: sign.mark, data: sign.data, src, ...(sign.replayed === true && { replayed: true }) });
  }
}

/** Of a wrapper around these marks. */
export type Options = Omit<GossipOptions, 'marks'>;
export const wrap = (inner: Agent, options: Options = {}): Agent => withGossip(inner, { hops: 2, hear: 'targets', tell: 'targets', ...options, marks });

export async function started(inner: Agent, options: Options = {}): Promise<TestHost> {
  const host = new TestHost(wrap(inner, options));
  await host.init();
  return host;
}

/** Has an agent return something from a poke. */
export async function returning(effects: Effects, options: Options = {}): Promise<{ host: TestHost; outcome: Awaited<ReturnType<TestHost['event']>> }> {
  const echo = new Echo();
  echo.does = () => effects;
  const host = await started(echo, options);
  return { host, outcome: await host.poke('do', null) };
}

export function errorCode(error: unknown): string {
  return error instanceof HearsayError ? error.code : String(error);
}

/** The events of that name that it reported. */
export const events = (host: TestHost, name: string): readonly Report[] => host.reports.filter((report) => report.type === 'event' && report.event.name === name);
