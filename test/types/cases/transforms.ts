/** Claim: what is published is the schema's input and what is heard its output, never the other way about. */
import { marks } from './marks.fixture.ts';

marks.invent('length', 5); // expect: TS2345

export function hear(heard: NonNullable<ReturnType<typeof marks.heard>>): string {
  if (heard.mark !== 'length') return '';
  return heard.data.toUpperCase(); // expect: TS2339
}
