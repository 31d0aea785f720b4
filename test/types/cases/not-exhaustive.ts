/** Claim: a switch that forgets `gossip-unknown`, or a mark, is noticed. */
import { marks } from './marks.fixture.ts';

export function hear(heard: NonNullable<ReturnType<typeof marks.heard>>): number {
  switch (heard.mark) {
    case 'rumor':
    case 'strict':
    case 'loose':
    case 'kind':
    case 'length':
    case 'point':
    case 'bell':
      return 1;
    default:
      heard satisfies never; // expect: TS1360
      return 0;
  }
}

export function forget(heard: NonNullable<ReturnType<typeof marks.heard>>): number {
  switch (heard.mark) {
    case 'rumor':
    case 'strict':
    case 'loose':
    case 'kind':
    case 'length':
    case 'point':
    case 'gossip-unknown':
      return 1;
    default:
      heard satisfies never; // expect: TS1360
      return 0;
  }
}
