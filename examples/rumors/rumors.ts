/**
 * The classic: short anonymous texts that travel to pals and pals of pals. After Urbit's %rumors.
 * Newest first; the latest five for a new subscriber; the same text twice in a row is refused.
 */
import { defineMarks, refuse, save } from 'hearsay';
import type { Agent, Bowl, Effect } from 'hearsay';
import * as z from 'zod';

/** When it was first said (ms since 1970) and what. At most 1,024 characters, as in Urbit's. */
const rumor = z.object({ when: z.number(), what: z.string().min(1).max(1024) });
export type Rumor = z.infer<typeof rumor>;

export const marks = defineMarks({ rumor });

/** How many are kept. */
const KEPT = 50;
/** How many a new subscriber gets. */
const FOR_NEWCOMERS = 5;

/** `app.poke('say', text)` says it, `app.peek('/latest')` reads, `app.received$` tells what others said. */
export const rumors: Agent = {
  onPoke: ({ data }, bowl) => {
    const said = rumor.safeParse({ when: bowl.now, what: data });
    if (!said.success) return refuse('a rumor has 1 to 1024 characters');
    if (latest(bowl)[0]?.what === said.data.what) return refuse('the same text twice in a row');
    return [keep(said.data, bowl), marks.invent('rumor', said.data)];
  },
  onAgent: (wire, sign, bowl) => {
    const heard = marks.heard(wire, sign);
    return heard?.mark === 'rumor' ? keep(heard.data, bowl) : undefined;
  },
  // The oldest of them first: a newcomer puts each on top, and so has them in our order.
  onWatch: (_path, bowl) => latest(bowl).slice(0, FOR_NEWCOMERS).reverse().map((one) => marks.answer('rumor', one)),
  onPeek: (_path, bowl) => latest(bowl),
};

function latest({ saved }: Bowl): readonly Rumor[] {
  return (saved.get('latest') as readonly Rumor[] | undefined) ?? [];
}

function keep(one: Rumor, bowl: Bowl): Effect {
  return save('latest', [one, ...latest(bowl)].slice(0, KEPT));
}
