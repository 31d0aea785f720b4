/** Claim: a mark that no schema was given for does not compile, nor one of the wrapper's own. */
import { defineMarks } from '../../../src/marks/define-marks.ts';
import { marks } from './marks.fixture.ts';

marks.invent('rumour', { when: 1, what: 'x' }); // expect: TS2345
marks.answer('toString', {}); // expect: TS2345
marks.invent('gossip-unknown', { mark: 'x', data: 1, reason: 'y' }); // expect: TS2345
defineMarks({}).invent('rumor', {}); // expect: TS2345

export function hear(heard: NonNullable<ReturnType<typeof marks.heard>>): boolean {
  return heard.mark === 'rumour'; // expect: TS2367
}
