/**
 * A handle on a topic, publishing, independent subscriptions, and what happens in the topic. After the gossip example of p2panda-net.
 */
import { join } from 'node:path';
import { createNode } from 'hearsay';
import { filter, firstValueFrom } from 'rxjs';
import { inScratchDir } from '../scratch-dir.ts';
import { read, say } from '../text.ts';

export async function main(print: (line: string) => void): Promise<void> {
  await inScratchDir(async (dir) => {
    await using panda = await createNode({ dir: join(dir, 'panda'), listen: 'ws://127.0.0.1:0' });
    await using icebear = await createNode({ dir: join(dir, 'icebear') });
    const names = new Map<string, string>([[panda.id, 'panda'], [icebear.id, 'icebear']]);

    // Joins the overlay of the topic. Whoever joins by the same name is in it.
    const handle = await panda.join({ name: 'bears' });
    handle.events$.subscribe((event) => print(['peer' in event ? names.get(event.peer) : 'panda', event.type, 'reason' in event ? event.reason : ''].join(' ').trimEnd()));
    const other = await icebear.join({ name: 'bears', bootstrap: panda.addresses });
    const [first, second] = [other.subscribe(), other.subscribe()];

    // Waits for the first neighbour, and says to whom it went.
    const { accepted, sent } = await say(handle, 'Hello, Panda!');
    print(`accepted: ${accepted}, sent to: ${sent.map((peer) => names.get(peer)).join(', ')}`);
    print(`one subscription: ${await read(first)}`);
    print(`the other: ${await read(second)}`);

    // A topic is left with the last handle and subscription.
    await other.leave();
    first.close();
    await say(handle, 'Still there?');
    print(`without a handle: ${await read(second)}`);
    const gone = firstValueFrom(handle.events$.pipe(filter(({ type }) => type === 'NeighborDown')));
    second.close();
    await gone;
    await handle.leave();
  });
}
