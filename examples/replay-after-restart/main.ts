/**
 * Deliver once, across restarts: bob stops and comes back, ann offers him what he had, and his app hears nothing twice.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNode, defineMarks, save, withGossip } from 'hearsay';
import type { Agent, Bowl } from 'hearsay';
import { filter, firstValueFrom, take, toArray } from 'rxjs';
import * as z from 'zod';

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

function keep(line: string, bowl: Bowl): ReturnType<typeof save> {
  return save('lines', [...lines(bowl), line]);
}

export async function main(print: (line: string) => void): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'hearsay-replay-'));
  try {
    await story(dir, print);
  } finally {
    await rm(dir, { recursive: true });
  }
}

async function story(dir: string, print: (line: string) => void): Promise<void> {
  await using ann = await createNode({ dir: join(dir, 'ann'), listen: 'ws://127.0.0.1:0' });
  const atAnn = await ann.run('chat', withGossip(chat, { marks }));
  {
    await using bob = await createNode({ dir: join(dir, 'bob') });
    const atBob = await bob.run('chat', withGossip(chat, { marks }));
    await bob.pals.redeem(await ann.pals.invite());
    const heard = firstValueFrom(atBob.received$.pipe(take(3), toArray()));
    for (const line of ['one', 'two', 'three']) await atAnn.poke('say', line);
    print(`bob heard: ${(await heard).map(({ data }) => String(data)).join(', ')}`);
  }
  await using bob = await createNode({ dir: join(dir, 'bob') });
  print(`bob is back and remembers ${bob.seenCount} ids`);
  const atBob = await bob.run('chat', withGossip(chat, { marks }));
  // Ann offers all she has to her new subscriber, then says something new. Whatever bob hears before that would be a repeat.
  const heard: string[] = [];
  atBob.received$.subscribe(({ data }) => heard.push(String(data)));
  const last = firstValueFrom(atBob.received$.pipe(filter(({ data }) => data === 'four')));
  await atAnn.poke('say', 'four');
  await last;
  print(`bob heard after the restart: ${heard.join(', ')}`);
  print(`bob has: ${(atBob.peek('/lines') as readonly string[]).join(', ')}`);
}
