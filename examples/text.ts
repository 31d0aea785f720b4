/**
 * Topics carry bytes; these examples say text.
 */
import type { PeerId, Published, Topic, TopicSubscription } from 'hearsay';
import { filter, firstValueFrom } from 'rxjs';

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

/** Resolves when the peer listens to us in the topic. What was said before that it does not hear. */
export async function heardBy(topic: Topic, peer: PeerId): Promise<void> {
  await firstValueFrom(topic.events$.pipe(filter((event) => event.type === 'NeighborUp' && event.peer === peer)));
}
