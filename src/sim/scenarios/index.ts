/** All scenarios by name. Pure. */
import type { Outcome, ScenarioOptions } from './common.ts';
import { runChurn } from './churn.ts';
import type { ChurnFigures } from './churn.ts';
import { runCrash } from './crash.ts';
import type { CrashFigures } from './crash.ts';
import { runEclipse } from './eclipse.ts';
import type { EclipseFigures } from './eclipse.ts';
import { runJoinStorm } from './join-storm.ts';
import type { JoinStormFigures } from './join-storm.ts';
import { runOverlay } from './overlay.ts';
import type { OverlayFigures } from './overlay.ts';
import { runPartition } from './partition.ts';
import type { PartitionFigures } from './partition.ts';
import { runPass } from './pass.ts';
import type { PassFigures } from './pass.ts';
import { runReach } from './reach.ts';
import type { ReachFigures } from './reach.ts';

/** What each scenario finds. */
export interface ScenarioFigures {
  readonly overlay: OverlayFigures;
  readonly crash: CrashFigures;
  readonly 'join-storm': JoinStormFigures;
  readonly partition: PartitionFigures;
  readonly eclipse: EclipseFigures;
  readonly churn: ChurnFigures;
  readonly reach: ReachFigures;
  readonly pass: PassFigures;
}

export type Scenario = keyof ScenarioFigures;

/** How each is run. The order is that of the help. */
export const SCENARIOS: { readonly [Name in Scenario]: (options: ScenarioOptions) => Outcome<ScenarioFigures[Name]> } = {
  overlay: runOverlay,
  crash: runCrash,
  'join-storm': runJoinStorm,
  partition: runPartition,
  eclipse: runEclipse,
  churn: runChurn,
  reach: runReach,
  pass: runPass,
};
