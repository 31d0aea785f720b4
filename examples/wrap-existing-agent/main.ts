/**
 * Wrapping what exists: `notes` keeps its type and its state, and from now on what is noted on one node is noted on its pals' too.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNode, defineMarks, withGossip } from 'hearsay';
import type { Agent, Effect } from 'hearsay';
import { filter, firstValueFrom } from 'rxjs';
import * as z from 'zod';
import { notes } from './notes.ts';
import type { Note } from './notes.ts';

const marks = defineMarks({ note: z.object({ by: z.string(), text: z.string() }) });

/** Ties the app to gossip: its own notes are published too, and what is heard is noted as if poked. */
function sharing(app: Agent): Agent {
  return {
    ...app,
    onPoke: (datum, bowl) => [...(app.onPoke?.(datum, bowl) as readonly Effect[]), marks.invent('note', datum.data as Note)],
    onAgent: (wire, sign, bowl) => {
      const heard = marks.heard(wire, sign);
      return heard?.mark === 'note' ? app.onPoke?.(heard, bowl) : app.onAgent?.(wire, sign, bowl);
    },
  };
}

export async function main(print: (line: string) => void): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'hearsay-notes-'));
  try {
    await before(join(dir, 'ann'), print);
    await after(join(dir, 'ann'), join(dir, 'bob'), print);
  } finally {
    await rm(dir, { recursive: true });
  }
}

/** The app as it was: alone. */
async function before(dir: string, print: (line: string) => void): Promise<void> {
  await using ann = await createNode({ dir });
  const app = await ann.run('notes', notes);
  await app.poke('note', { by: 'ann', text: 'milk' });
  print(`before: ${texts(app.peek('/notes'))}`);
}

/** The same directory, the app wrapped: what was noted is still there. */
async function after(annDir: string, bobDir: string, print: (line: string) => void): Promise<void> {
  await using ann = await createNode({ dir: annDir, listen: 'ws://127.0.0.1:0' });
  await using bob = await createNode({ dir: bobDir });
  const atAnn = await ann.run('notes', withGossip(sharing(notes), { marks }));
  const atBob = await bob.run('notes', withGossip(sharing(notes), { marks }));
  print(`wrapped, ann still has: ${texts(atAnn.peek('/notes'))}`);
  await bob.pals.redeem(await ann.pals.invite());
  const arrived = firstValueFrom(atAnn.watch('/notes').pipe(filter(({ data }) => (data as Note).by === 'bob')));
  const heard = firstValueFrom(atBob.received$.pipe(filter(({ data }) => (data as Note).text === 'eggs')));
  await atAnn.poke('note', { by: 'ann', text: 'eggs' });
  print(`bob heard: ${(await heard).mark} from ann`);
  await atBob.poke('note', { by: 'bob', text: 'bread' });
  await arrived;
  print(`ann has: ${texts(atAnn.peek('/notes'))}`);
  print(`bob has: ${texts(atBob.peek('/notes'))}`);
}

function texts(all: unknown): string {
  return (all as readonly Note[]).map(({ by, text }) => `${text} (${by})`).join(', ');
}
