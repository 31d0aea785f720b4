/** Claim: what was heard has no type before its mark was asked for, may be nothing, and is read-only. */
import type { Sign } from '../../../src/agent.ts';
import { marks } from './marks.fixture.ts';

export function hear(sign: Sign): unknown {
  const heard = marks.heard('/~/gossip/gossip', sign);
  if (heard.mark === 'bell') return 1; // expect: TS18048
  if (heard === undefined) return 2;
  const any = heard.data.what; // expect: TS2339
  if (heard.mark === 'rumor') return heard.data.tone; // expect: TS2339
  if (heard.mark === 'gossip-unknown') return heard.data.data.what; // expect: TS18046
  heard.data = 5; // expect: TS2540
  return any;
}
