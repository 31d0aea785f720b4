/** Claims that hold: nothing in this file may be an error. */
import type { Agent, Effect, Sign } from '../../../src/agent.ts';
import { defineMarks } from '../../../src/marks/define-marks.ts';
import type { Heard, MarkCodec, MarkInput, MarkOf, MarkOutput, Marks, MarkSchemas } from '../../../src/marks/define-marks.ts';
import { marks } from './marks.fixture.ts';
import type { schemas } from './marks.fixture.ts';

type S = typeof schemas;
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Does not compile unless the types are one and the same. */
function same<A, B>(_same: Same<A, B>): void {}

// Inputs and outputs follow the schemas; a function's return type is both.
same<MarkInput<S, 'length'>, string>(true);
same<MarkOutput<S, 'length'>, number>(true);
same<MarkInput<S, 'rumor'>, { when: number; what: string }>(true);
same<MarkInput<S, 'point'>, { x: number; y: number }>(true);
same<MarkOutput<S, 'point'>, { x: number; y: number }>(true);
same<MarkOutput<S, 'bell'>, { tone: number }>(true);
same<MarkOf<S>, 'rumor' | 'strict' | 'loose' | 'kind' | 'length' | 'point' | 'bell'>(true);

const effects: Effect[] = [
  marks.invent('rumor', { when: 1, what: 'x' }),
  marks.answer('strict', { when: 1, what: 'x' }),
  marks.invent('loose', { id: 1, more: true }), // a loose object takes more
  marks.invent('kind', { type: 'on', level: 3 }),
  marks.invent('kind', { type: 'off' }),
  marks.invent('length', 'five!'),
  marks.answer('point', { x: 1, y: 2 }),
  marks.invent('bell', { tone: 7 }),
];

/** The union is exhaustive, and each case has its output. */
export function describe(sign: Sign): string {
  const heard = marks.heard('/~/gossip/gossip', sign);
  if (heard === undefined) return 'nothing';
  switch (heard.mark) {
    case 'rumor':
    case 'strict':
      return heard.data.what;
    case 'loose':
      return String(heard.data.id);
    case 'kind':
      return heard.data.type === 'on' ? heard.data.level.toFixed() : 'off';
    case 'length':
      return heard.data.toFixed();
    case 'point':
      return `${heard.data.x}, ${heard.data.y}`;
    case 'bell':
      return heard.data.tone.toFixed();
    case 'gossip-unknown':
      return `${heard.data.mark}: ${heard.data.reason}`;
    default:
      return heard satisfies never;
  }
}

// Every case passes on the id and whether it was replayed.
same<Heard<S>['replayed'], boolean | undefined>(true);

// The schemas may be written in place; a function's parameter needs no annotation.
const inline = defineMarks({ loud: (value) => String(value).toUpperCase() });
effects.push(inline.invent('loud', 'hey'));

// Without schemas everything is unknown.
const none = defineMarks({});
const unknown = none.heard('/', { type: 'watch-ack' });
same<NonNullable<typeof unknown>['mark'], 'gossip-unknown'>(true);

// What takes any marks infers them, and a wrapper sees the codec alone.
function listen<T extends MarkSchemas>(_marks: Marks<T>, hear: (heard: Heard<T>) => void): typeof hear {
  return hear;
}
listen(marks, (heard) => heard.mark === 'length' && heard.data.toFixed());
export const codecs: MarkCodec[] = [marks, inline, none];

// Code that is generic in its marks keeps the types that it knows of.
export function announce<T extends MarkSchemas, M extends MarkOf<T>>(some: Marks<T>, mark: M, data: MarkInput<T, M>): Effect {
  return some.invent(mark, data);
}
announce(marks, 'rumor', { when: 1, what: 'x' });

export const agent: Agent = {
  onWatch: () => effects,
  onAgent: (wire, sign) => {
    const heard = marks.heard(wire, sign);
    return heard?.mark === 'length' ? marks.invent('length', '!'.repeat(heard.data)) : undefined;
  },
};
