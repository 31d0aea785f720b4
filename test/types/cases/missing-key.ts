/** Claim: data without a key of the schema do not compile. */
import { marks } from './marks.fixture.ts';

marks.invent('rumor', { when: 1 }); // expect: TS2345
marks.answer('strict', {}); // expect: TS2345
marks.invent('kind', { type: 'on' }); // expect: TS2345
marks.invent('point', { x: 1 }); // expect: TS2345
