/**
 * The simulator in a thread of its own, for the sake of its heap: most of what a simulation makes is messages under way, which outlive a
 * young generation of the usual size and are copied twice before they die. Shell.
 */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { HearsayError } from '../errors.ts';
import type { ErrorCode, ErrorDetails } from '../errors.ts';
import { simulate } from '../sim/index.ts';
import type { Scenario, SimulateOptions, SimulationResult } from '../sim/index.ts';

/** Three semi-spaces of 128 MiB: with Node's own of 16 MiB, 10,000 nodes take a fifth longer (56 s, 46 s). */
const YOUNG_GENERATION_MB = 384;
/** 100,000 nodes take 4 GB in all. What Node allows by itself depends on the machine. */
const OLD_GENERATION_MB = 16_384;

interface Task {
  readonly scenario: Scenario;
  readonly options: SimulateOptions;
}

type Report =
  | { readonly type: 'progress'; readonly text: string }
  | { readonly type: 'result'; readonly result: SimulationResult }
  | { readonly type: 'refused'; readonly code: ErrorCode; readonly details: ErrorDetails };

/**
 * As {@link simulate}.
 * @throws HearsayError `HEARSAY_BAD_CONFIG`
 */
export async function simulateInThread(scenario: Scenario, { progress, ...options }: SimulateOptions): Promise<SimulationResult> {
  const task: Task = { scenario, options };
  const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB, maxOldGenerationSizeMb: OLD_GENERATION_MB };
  const worker = new Worker(new URL(import.meta.url), { workerData: task, resourceLimits });
  return new Promise((resolve, reject) => {
    worker.on('error', reject).on('message', (report: Report) => {
      if (report.type === 'progress') progress?.(report.text);
      else if (report.type === 'result') resolve(report.result);
      else reject(new HearsayError(report.code, report.details));
    });
  });
}

/** What the thread does. */
function run({ scenario, options }: Task, report: (report: Report) => void): void {
  try {
    report({ type: 'result', result: simulate(scenario, { ...options, progress: (text) => report({ type: 'progress', text }) }) });
  } catch (error) {
    if (!(error instanceof HearsayError)) throw error;
    const { code, field, rule, value } = error;
    report({ type: 'refused', code, details: { field, rule, value } });
  }
}

if (!isMainThread) run(workerData as Task, (report) => parentPort?.postMessage(report));
