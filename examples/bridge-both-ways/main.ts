/**
 * A bridge between two topics, both ways, and a second one that makes a loop of it: everything is heard once. After the Anoma network crate.
 */
import { join } from 'node:path';
import { bridge, createNode } from 'hearsay';
import { inScratchDir } from '../scratch-dir.ts';
import { heardBy, read, say } from '../text.ts';

export async function main(print: (line: string) => void): Promise<void> {
  await inScratchDir(async (dir) => {
    await using bob = await createNode({ dir: join(dir, 'bob'), listen: 'ws://127.0.0.1:0' });
    const bobs = [await bob.join({ name: 'north' }), await bob.join({ name: 'south' })] as const;
    bridge.both(...bobs);
    // Dan does the same, so there is a way round.
    await using dan = await createNode({ dir: join(dir, 'dan') });
    const dans = [await dan.join({ name: 'north', bootstrap: bob.addresses }), await dan.join({ name: 'south', bootstrap: bob.addresses })] as const;
    bridge.both(...dans);

    await using ann = await createNode({ dir: join(dir, 'ann') });
    await using cat = await createNode({ dir: join(dir, 'cat') });
    const atAnn = await ann.join({ name: 'north', bootstrap: bob.addresses });
    const atCat = await cat.join({ name: 'south', bootstrap: bob.addresses });
    const [forAnn, forCat] = [atAnn.subscribe(), atCat.subscribe()];
    await Promise.all([heardBy(bobs[0], ann.id), heardBy(bobs[1], cat.id)]);
    for (const line of ['snow', 'ice']) {
      await say(atAnn, line);
      print(`cat hears: ${await read(forCat)}`);
    }
    for (const line of ['sun', 'sand']) {
      await say(atCat, line);
      print(`ann hears: ${await read(forAnn)}`);
    }
  });
}
