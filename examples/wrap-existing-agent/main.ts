/**
 * Wrapping what exists: `notes` is left as it is and keeps what it saved, and from now on what is noted here is noted by pals too.
 */
import { join } from 'node:path';
import { createNode, defineMarks, withGossip } from 'hearsay';
import type { Agent, App } from 'hearsay';
import { filter, firstValueFrom } from 'rxjs';
import * as z from 'zod';
import { inScratchDir } from '../scratch-dir.ts';
import { notes } from './notes.ts';
import type { Note } from './notes.ts';

const marks = defineMarks({ note: z.object({ by: z.string(), text: z.string() }) });

/** The app and what ties it to gossip: its own notes are published too, and what is heard is noted as if poked. */
const sharing: Agent = {
  ...notes,
  onPoke: (datum, bowl) => [...notes.onPoke(datum, bowl), marks.invent('note', datum.data as Note)],
  onAgent: (wire, sign, bowl) => {
    const heard = marks.heard(wire, sign);
    return heard?.mark === 'note' ? notes.onPoke(heard, bowl) : undefined;
  },
};

export async function main(print: (line: string) => void): Promise<void> {
  await inScratchDir(async (dir) => {
    await before(join(dir, 'ann'), print);
    await after(join(dir, 'ann'), join(dir, 'bob'), print);
  });
}

/** The app as it was: alone. */
async function before(dir: string, print: (line: string) => void): Promise<void> {
  await using ann = await createNode({ dir });
  const app = await ann.run('notes', notes);
  await app.poke('note', { by: 'ann', text: 'milk' });
  print(`alone, ann has: ${texts(app)}`);
}

/** The same directory and the same name, the app wrapped. */
async function after(annDir: string, bobDir: string, print: (line: string) => void): Promise<void> {
  await using ann = await createNode({ dir: annDir, listen: 'ws://127.0.0.1:0' });
  await using bob = await createNode({ dir: bobDir });
  const atAnn = await ann.run('notes', withGossip(sharing, { marks }));
  const atBob = await bob.run('notes', withGossip(sharing, { marks }));
  print(`wrapped, ann still has: ${texts(atAnn)}`);
  const noted = (app: App, text: string): Promise<unknown> => firstValueFrom(app.watch('/notes').pipe(filter(({ data }) => (data as Note).text === text)));

  // Bob, a new subscriber, gets what ann noted before there was any gossip.
  const milk = noted(atBob, 'milk');
  await bob.pals.redeem(await ann.pals.invite());
  await milk;
  const eggs = noted(atBob, 'eggs');
  await atAnn.poke('note', { by: 'ann', text: 'eggs' });
  await eggs;
  const bread = noted(atAnn, 'bread');
  await atBob.poke('note', { by: 'bob', text: 'bread' });
  await bread;
  print(`ann has: ${texts(atAnn)}`);
  print(`bob has: ${texts(atBob)}`);
}

function texts(app: App): string {
  return (app.peek('/notes') as readonly Note[]).map(({ by, text }) => `${text} (${by})`).join(', ');
}
