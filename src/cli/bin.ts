#!/usr/bin/env node
/** What `npx hearsay` runs. */
import { main } from './main.ts';
import { simulateInThread } from './sim-thread.ts';

// Whoever read our output went away, as `head` does: there is nobody to write to and nothing wrong.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

process.exitCode = await main(process.argv.slice(2), { input: process.stdin, output: process.stdout, errors: process.stderr }, simulateInThread);
