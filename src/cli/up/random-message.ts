/** Something to say for a node that has nothing to say. */
import { randomInt } from 'node:crypto';

const WHO = ['the baker', 'the ferryman', 'the clockmaker', 'my aunt', 'the beekeeper', 'the organist', 'the lamplighter', 'nobody'] as const;
const DID = ['sold', 'hid', 'found', 'painted', 'borrowed', 'counted', 'mended', 'dreamt of'] as const;
const WHAT = ['the last pear', 'a wooden whale', 'nine keys', 'the town bell', 'a letter from Ur', 'the wrong map', 'a silver spoon', 'the moon'] as const;

export function randomMessage(): string {
  return `${oneOf(WHO)} ${oneOf(DID)} ${oneOf(WHAT)}`;
}

function oneOf(words: readonly string[]): string {
  return words[randomInt(words.length)] ?? '';
}
