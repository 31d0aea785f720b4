/** Claim: what is no schema does not compile. */
import * as z from 'zod';
import { defineMarks } from '../../../src/marks/define-marks.ts';

defineMarks({ rumor: 'string' }); // expect: TS2322
defineMarks({ rumor: (value: string) => value }); // expect: TS2322
defineMarks({ rumor: { schema: z.string(), repeat: false } }); // expect: TS2322
defineMarks({ rumor: { schema: z.string() } }); // expect: TS2322
