/**
 * The agent of a topic: it says what it is given, and hands on what it hears. All else is `withGossip`.
 */
import { fact, refuse } from '../agent.ts';
import type { Agent, Bowl, Effect } from '../agent.ts';
import type { RumorId } from '../ids.ts';
import { GOSSIP_SOURCE } from '../marks/paths.ts';
import { MAX_HOPS } from '../wrapper/config.ts';
import { withGossip } from '../wrapper/with-gossip.ts';
import type { GossipAgent } from '../wrapper/with-gossip.ts';
import { contentOf, invent, topicMarks } from './message.ts';
import type { Message, TopicMarks } from './message.ts';
import { RecentSayings } from './recent-sayings.ts';
import { CONFIG_PATH, shownConfig } from './shown-config.ts';

/** The mark of a poke that says a {@link Saying}. */
export const SAY = 'say';
/** Every message that passes this node, once, as a {@link Message}: heard, said, or brought by a bridge. */
export const MESSAGES = '/messages';
/** Why the agent does not say something: it was said or heard before. */
export const KNOWN = 'known';

/** What is to be said. */
export interface Saying {
  readonly message: Message;
  /** Of the message in this topic. */
  readonly id: RumorId;
}

/** The agent of any topic. How far a message goes is its author's to say, so the config allows all there is. */
export function topicAgent(): GossipAgent<TopicMarks> {
  return withGossip(speaker(new RecentSayings()), { hops: MAX_HOPS, hear: 'anybody', tell: 'anybody', marks: topicMarks });
}

function speaker(recent: RecentSayings): Agent {
  return {
    open: { paths: [CONFIG_PATH] },
    onWatch: (path, bowl) => (path === GOSSIP_SOURCE ? recent.answers(bowl) : shownConfig(path, bowl)),
    onPoke: ({ mark, data }, bowl) => (mark === SAY ? say(data as Saying, recent, bowl) : refuse('not-open')),
    onAgent: (wire, sign, bowl) => {
      const heard = topicMarks.heard(wire, sign);
      const content = contentOf(heard);
      if (heard?.id === undefined || content === undefined) return undefined;
      return tell({ ...content, hops: bowl.seen(heard.id)?.hops ?? 0, ours: false });
    },
  };
}

/** What was said or heard before is not said again. So every loop of bridges ends. */
function say({ id, message }: Saying, recent: RecentSayings, bowl: Bowl): Effect | readonly Effect[] {
  if (bowl.seen(id) !== undefined) return refuse(KNOWN);
  recent.said(id, message, bowl);
  return [invent(message, message.hops), tell(message)];
}

function tell(message: Message): Effect {
  return fact([MESSAGES], 'message', message);
}
