// Runs a built example: npm run example -- rumors --dir ./ann
import { existsSync } from 'node:fs';
import process, { argv, exit } from 'node:process';

const [name] = argv.splice(2, 1);
const file = new URL(`../build/examples/${name}/main.js`, import.meta.url);
if (name === undefined || !existsSync(file)) {
  console.error('usage: npm run example -- <rumors|topic-counter|bridge-one-way|bridge-both-ways|publish-subscribe|wrap-existing-agent|trust-at-runtime|replay-after-restart> [options]');
  exit(2);
}
const { main } = await import(file.href);
try {
  await main((line) => console.log(line));
} catch (error) {
  console.error(error.code === undefined ? error : `${error.code}: ${error.message}`);
  process.exitCode = 1;
}
