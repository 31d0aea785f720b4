/** The agent of `hearsay up`: lines of text, said and heard. They are messages of a topic, so that whoever joins it with `node.join` hears them, and is heard. */
import { refuse } from '../../agent.ts';
import type { Agent, Bowl, Effect } from '../../agent.ts';
import { GOSSIP_SOURCE } from '../../marks/paths.ts';
import type { HeardRumor } from '../../node/app.ts';
import { again, contentOf, idOf, invent, topicMarks } from '../../topics/message.ts';
import type { TopicMarks } from '../../topics/message.ts';
import { RecentSayings } from '../../topics/recent-sayings.ts';
import { CONFIG_PATH, shownConfig } from '../../topics/shown-config.ts';
import type { GossipConfig } from '../../wrapper/config.ts';
import { withGossip } from '../../wrapper/with-gossip.ts';
import type { GossipAgent } from '../../wrapper/with-gossip.ts';

/**
 * `app.poke('say', text)` says it.
 * @param config of the first start
 * @param heardBy told of each peer that begins to hear us
 */
export function gossiper(config: Partial<GossipConfig>, heardBy: () => void): GossipAgent<TopicMarks> {
  const recent = new RecentSayings();
  const inner: Agent = {
    open: { paths: [CONFIG_PATH] },
    onPoke: ({ mark, data }, bowl) => (mark === 'say' ? say(data as string, recent, bowl) : refuse('not-open')),
    onWatch: (path, bowl) => {
      if (path !== GOSSIP_SOURCE) return shownConfig(path, bowl);
      heardBy();
      return recent.answers(bowl);
    },
  };
  return withGossip(inner, { ...config, marks: topicMarks });
}

function say(text: string, recent: RecentSayings, bowl: Bowl): Effect {
  // Saying the same line twice is two data.
  const content = again(Buffer.from(text));
  recent.said(idOf(bowl.agent, content, bowl.limits.maxPayloadBytes), content, bowl);
  return invent(content);
}

/** The text of what was heard; nothing where it is no message. What is no UTF-8 is shown as what it is not. */
export function textOf(heard: HeardRumor<TopicMarks>): string | undefined {
  const content = contentOf(heard);
  return content && Buffer.from(content.bytes).toString();
}
