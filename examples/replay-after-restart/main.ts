/**
 * Deliver once, across restarts and machines: bob stops and comes back, ann offers him what he had, and his app hears nothing twice.
 * Then he takes what he has seen to another machine, where his app hears nothing twice either.
 */
import { join } from 'node:path';
import { createNode, defineMarks, save, withGossip } from 'hearsay';
import type { Agent, Bowl, Effect, SeenEntry } from 'hearsay';
import { filter, firstValueFrom, from, lastValueFrom, toArray } from 'rxjs';
import * as z from 'zod';
import { inScratchDir } from '../scratch-dir.ts';

const marks = defineMarks({ line: z.string().max(200) });

/** Keeps its lines and offers the latest five to each new subscriber. */
const chat: Agent = {
  onPoke: ({ data }, bowl) => [keep(data as string, bowl), marks.invent('line', data as string)],
  onAgent: (wire, sign, bowl) => {
    const heard = marks.heard(wire, sign);
    return heard?.mark === 'line' ? keep(heard.data, bowl) : undefined;
  },
  onWatch: (_path, bowl) => lines(bowl).slice(-5).map((line) => marks.answer('line', line)),
  onPeek: (_path, bowl) => lines(bowl),
};

function lines({ saved }: Bowl): readonly string[] {
  return (saved.get('lines') as readonly string[] | undefined) ?? [];
}

function keep(line: string, bowl: Bowl): Effect {
  return save('lines', [...lines(bowl), line]);
}

/** What is on disk of bob's, oldest first. */
async function exported(dir: string): Promise<readonly SeenEntry[]> {
  await using bob = await createNode({ dir });
  return lastValueFrom(bob.seen('chat').replay().pipe(toArray()));
}

export async function main(print: (line: string) => void): Promise<void> {
  await inScratchDir(async (dir) => {
    await using ann = await createNode({ dir: join(dir, 'ann'), listen: 'ws://127.0.0.1:0' });
    const atAnn = await ann.run('chat', withGossip(chat, { marks }));
    /** Bob's node runs until he has heard what ann says. */
    const visit = async (home: string, annSays: readonly string[], invite?: string, seen: readonly SeenEntry[] = []): Promise<void> => {
      await using bob = await createNode({ dir: join(dir, home) });
      await bob.seen('chat').restore(from(seen));
      print(`bob remembers ${bob.seenCount} ids`);
      const atBob = await bob.run('chat', withGossip(chat, { marks }));
      atBob.received$.subscribe(({ data }) => print(`bob hears: ${String(data)}`));
      if (invite !== undefined) await bob.pals.redeem(invite);
      const heardAll = firstValueFrom(atBob.received$.pipe(filter(({ data }) => data === annSays.at(-1))));
      for (const line of annSays) await atAnn.poke('say', line);
      await heardAll;
      print(`bob has: ${(atBob.peek('/lines') as readonly string[]).join(', ')}`);
    };
    await visit('bob', ['one', 'two', 'three'], await ann.pals.invite());
    // Bob subscribes again, and ann's app offers him the latest five, which are old to him.
    await visit('bob', ['four']);
    const seen = await exported(join(dir, 'bob'));
    print(`${seen.length} ids go to the other machine`);
    await visit('elsewhere', ['five'], await ann.pals.invite(), seen);
  });
}
