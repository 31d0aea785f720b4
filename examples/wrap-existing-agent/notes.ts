/**
 * An app from before: a list of notes. It knows nothing of gossip.
 */
import { fact, save } from 'hearsay';
import type { Agent, Bowl } from 'hearsay';

export interface Note {
  readonly by: string;
  readonly text: string;
}

/** `poke('note', note)` adds one; `/notes` can be watched and read. */
export const notes = {
  onPoke: ({ data }, bowl) => [save('notes', [...all(bowl), data]), fact(['/notes'], 'note', data)],
  onWatch: (_path, bowl) => all(bowl).map((note) => fact([], 'note', note)),
  onPeek: (_path, bowl) => all(bowl),
} satisfies Agent;

function all({ saved }: Bowl): readonly Note[] {
  return (saved.get('notes') as readonly Note[] | undefined) ?? [];
}
