/** Claim: a key that the schema does not have does not compile in a literal, strict schema or not, generic marks or not. */
import { defineMarks } from '../../../src/marks/define-marks.ts';
import type { MarkInput, MarkOf, Marks, MarkSchemas } from '../../../src/marks/define-marks.ts';
import type { Effect } from '../../../src/agent.ts';
import { marks } from './marks.fixture.ts';

marks.invent('rumor', { when: 1, what: 'x', who: 'me' }); // expect: TS2353
marks.answer('rumor', { when: 1, what: 'x', who: 'me' }); // expect: TS2353
marks.invent('strict', { when: 1, what: 'x', who: 'me' }); // expect: TS2353
marks.invent('kind', { type: 'off', level: 1 }); // expect: TS2353
marks.invent('point', { x: 1, y: 2, z: 3 }); // expect: TS2353
marks.invent('bell', { tone: 7, loud: true }); // expect: TS2353
defineMarks({ here: (): { a: number } => ({ a: 1 }) }).invent('here', { a: 1, b: 2 }); // expect: TS2353

declare function announce<T extends MarkSchemas, M extends MarkOf<T>>(some: Marks<T>, mark: M, data: MarkInput<T, M>): Effect;
announce(marks, 'rumor', { when: 1, what: 'x', who: 'me' }); // expect: TS2353
