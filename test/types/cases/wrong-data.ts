/** Claim: data of another type than the schema's input do not compile. */
import { marks } from './marks.fixture.ts';

marks.invent('rumor', { when: 'now', what: 'x' }); // expect: TS2322
marks.answer('rumor', { when: 1, what: 5 }); // expect: TS2322
marks.invent('rumor', 'text'); // expect: TS2345
marks.invent('rumor', undefined); // expect: TS2345
marks.invent('kind', { type: 'half', level: 1 }); // expect: TS2322
marks.invent('bell', { tone: 'high' }); // expect: TS2322
marks.invent('rumor'); // expect: TS2554
