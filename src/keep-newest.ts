/** Bounds a Map or a Set by what was put in last. Pure. */

/**
 * Drops the oldest, so that no more than `max` are left. Age is since a key was put in: to set one anew does not make it younger, to delete it first does.
 */
export function keepNewest<Key>(entries: { readonly size: number; keys(): Iterable<Key>; delete(key: Key): boolean }, max: number): void {
  if (entries.size <= max) return;
  for (const oldest of entries.keys()) {
    entries.delete(oldest);
    if (entries.size <= max) return;
  }
}
