/**
 * Topics carry bytes; these examples say text.
 */
import type { Published, Topic, TopicSubscription } from 'hearsay';

export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function say(topic: Topic, text: string): Promise<Published> {
  return topic.gossip(bytesOf(text));
}

/** The next message. */
export async function read(subscription: TopicSubscription): Promise<string> {
  const { value } = (await subscription.next()) as IteratorResult<Uint8Array, undefined>;
  return value === undefined ? '(the end)' : textOf(value);
}
