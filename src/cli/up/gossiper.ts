/** The agent of `hearsay up`: lines of text, said and heard. */
import * as z from 'zod';
import { fact, refuse } from '../../agent.ts';
import type { Agent } from '../../agent.ts';
import { defineMarks } from '../../marks/define-marks.ts';
import type { Marks, MarkSchemas, RepeatMark } from '../../marks/define-marks.ts';
import { GOSSIP_SOURCE } from '../../marks/paths.ts';
import type { GossipConfig } from '../../wrapper/config.ts';
import { readConfig } from '../../wrapper/configure.ts';
import { withGossip } from '../../wrapper/with-gossip.ts';
import type { GossipAgent } from '../../wrapper/with-gossip.ts';
import { CONFIG_PATH } from '../control/remote-config.ts';

/** Saying the same line twice is two data. */
export interface LineMarks extends MarkSchemas {
  readonly line: RepeatMark<z.ZodType<string, string>>;
}
const marks: Marks<LineMarks> = defineMarks<LineMarks>({ line: { schema: z.string(), repeat: true } });

/**
 * `app.poke('say', text)` says it.
 * @param config of the first start
 * @param heardBy told of each peer that begins to hear us
 */
export function gossiper(config: Partial<GossipConfig>, heardBy: () => void): GossipAgent<LineMarks> {
  const inner: Agent = {
    open: { paths: [CONFIG_PATH] },
    onPoke: ({ mark, data }, { our, src }) => (mark === 'say' && src === our ? marks.invent('line', data as string) : refuse('forbidden')),
    onWatch: (path, bowl) => {
      if (path === CONFIG_PATH) return bowl.admin ? fact([], 'config', readConfig(bowl)) : refuse('forbidden');
      if (path === GOSSIP_SOURCE) heardBy();
      return undefined;
    },
  };
  return withGossip(inner, { ...config, marks });
}
