/**
 * A bridge from one topic to another: what is said in the north is heard in the south, and not the other way. A filter and a map say what
 * crosses, and as what. After the Anoma network crate.
 */
import { join } from 'node:path';
import { bridge, createNode } from 'hearsay';
import { inScratchDir } from '../scratch-dir.ts';
import { bytesOf, heardBy, read, say, textOf } from '../text.ts';

export async function main(print: (line: string) => void): Promise<void> {
  await inScratchDir(async (dir) => {
    await using bob = await createNode({ dir: join(dir, 'bob'), listen: 'ws://127.0.0.1:0' });
    const [north, south] = [await bob.join({ name: 'north' }), await bob.join({ name: 'south' })];
    bridge(north, south, {
      filter: (bytes) => !textOf(bytes).startsWith('psst'),
      map: (bytes) => bytesOf(`north: ${textOf(bytes)}`),
    });

    await using ann = await createNode({ dir: join(dir, 'ann') });
    await using cat = await createNode({ dir: join(dir, 'cat') });
    const atAnn = await ann.join({ name: 'north', bootstrap: bob.addresses });
    const atCat = await cat.join({ name: 'south', bootstrap: bob.addresses });
    const [forAnn, forBob, forCat] = [atAnn.subscribe(), south.subscribe(), atCat.subscribe()];
    await heardBy(south, cat.id);

    await say(atAnn, 'psst, ice');
    await say(atAnn, 'snow');
    print(`cat hears: ${await read(forCat)}`);
    print(`bob hears in the south, too: ${await read(forBob)}`);
    await say(atCat, 'sun');
    print(`bob hears in the south: ${await read(forBob)}`);
    await say(north, 'that is all');
    print(`ann hears only: ${await read(forAnn)}`);
  });
}
