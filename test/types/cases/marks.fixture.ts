/** The marks that the claims in this folder are about. */
import * as z from 'zod';
import { defineMarks } from '../../../src/marks/define-marks.ts';
import type { Marks } from '../../../src/marks/define-marks.ts';

const loose = z.looseObject({ id: z.number() });
const strict = z.strictObject({ when: z.number(), what: z.string() });
const rumor = z.object({ when: z.number(), what: z.string() });
const kind = z.discriminatedUnion('type', [z.object({ type: z.literal('on'), level: z.number() }), z.object({ type: z.literal('off') })]);
const length = z.string().transform((text) => text.length);

export const schemas = {
  rumor,
  strict,
  loose,
  kind,
  length,
  point: (value: unknown): { x: number; y: number } => value as { x: number; y: number },
  bell: { schema: z.object({ tone: z.number() }), repeat: true },
} as const;

export const marks: Marks<typeof schemas> = defineMarks(schemas);
