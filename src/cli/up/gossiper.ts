/** The agent of `hearsay up`: lines of text, said and heard. They are messages of a topic, so that whoever joins it with `node.join` hears them, and is heard. */
import { refuse } from '../../agent.ts';
import type { Agent } from '../../agent.ts';
import { GOSSIP_SOURCE } from '../../marks/paths.ts';
import type { HeardRumor } from '../../node/app.ts';
import { again, contentOf, invent, topicMarks } from '../../topics/message.ts';
import type { TopicMarks } from '../../topics/message.ts';
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
  const inner: Agent = {
    open: { paths: [CONFIG_PATH] },
    // Saying the same line twice is two data.
    onPoke: ({ mark, data }) => (mark === 'say' ? invent(again(Buffer.from(data as string))) : refuse('not-open')),
    onWatch: (path, bowl) => {
      if (path === GOSSIP_SOURCE) heardBy();
      return shownConfig(path, bowl);
    },
  };
  return withGossip(inner, { ...config, marks: topicMarks });
}

/** The text of what was heard; nothing where it is no message. What is no UTF-8 is shown as what it is not. */
export function textOf(heard: HeardRumor<TopicMarks>): string | undefined {
  const content = contentOf(heard);
  return content && Buffer.from(content.bytes).toString();
}
