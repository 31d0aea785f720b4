// Removes what `npm run build` writes, so that no file of an earlier build is published.
import { rmSync } from 'node:fs';

for (const folder of ['../dist', '../build']) rmSync(new URL(folder, import.meta.url), { recursive: true, force: true });
