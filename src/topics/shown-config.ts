/** Where an agent of a topic shows its config to admins: `hearsay config get --peer` asks for it. */
import { fact, refuse } from '../agent.ts';
import type { Bowl, Effect, Path } from '../agent.ts';
import { readConfig } from '../wrapper/configure.ts';

/** Open to everybody, so that the agent itself says who may. */
export const CONFIG_PATH = '/config';

/** What an agent answers to a watch of {@link CONFIG_PATH} or of a path below it; `undefined` to those of other paths. */
export function shownConfig(path: Path, bowl: Bowl): Effect | undefined {
  if (path !== CONFIG_PATH && !path.startsWith(`${CONFIG_PATH}/`)) return undefined;
  return path === CONFIG_PATH && bowl.admin ? fact([], 'config', readConfig(bowl)) : refuse('forbidden');
}
