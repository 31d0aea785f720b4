// Processes of nodes, and what is known of them.
import { spawn } from 'node:child_process';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const NODES = fileURLToPath(new URL('./nodes.js', import.meta.url));

/** Some nodes in a process of their own. `command`: what to run it with, for instance in a network namespace. */
class Group {
  /** By node: what it heard, and how many neighbours it has. */
  heard = [];
  neighbors = [];
  addresses = [];
  isAlive = true;

  constructor(changed, { count, host = '127.0.0.1', bootstrap = [], command = [] }) {
    this.count = count;
    this.heard = Array.from({ length: count }, () => new Set());
    this.neighbors = Array.from({ length: count }, () => []);
    const [program, ...args] = [...command, process.execPath, NODES, JSON.stringify({ count, host, bootstrap })];
    this.process = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.process.stdin.on('error', () => undefined);
    this.process.on('error', (error) => console.error(String(error)));
    this.ended = new Promise((resolve) => this.process.on('close', resolve)).then(() => (this.isAlive = false));
    createInterface({ input: this.process.stdout }).on('line', (line) => {
      this.#take(JSON.parse(line));
      changed();
    });
  }

  get isReady() {
    return this.addresses.length > 0;
  }

  say(node, text) {
    this.heard[node].add(text);
    this.process.stdin.write(`${JSON.stringify({ type: 'say', node, text })}\n`);
  }

  async kill() {
    this.isAlive = false;
    this.process.kill('SIGKILL');
    await this.ended;
  }

  #take({ type, node, text, peers, addresses }) {
    if (type === 'ready') this.addresses = addresses;
    if (type === 'heard') this.heard[node].add(text);
    if (type === 'neighbors') this.neighbors[node] = peers;
  }
}

export class Crowd {
  groups = [];
  #wake = () => undefined;

  start(options) {
    const group = new Group(() => this.#wake(), options);
    this.groups.push(group);
    return group;
  }

  /** Resolves with whether it came to hold within that time. */
  async until(holds, seconds) {
    const endMs = Date.now() + seconds * 1000;
    while (!holds()) {
      if (Date.now() >= endMs) return false;
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, Math.min(1_000, endMs - Date.now()));
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return true;
  }

  /** Has each node of the groups say something; resolves with how many of all the hearings are missing after that time. */
  async converse(groups, topic, seconds) {
    const texts = groups.flatMap((group, g) => group.heard.map((_, node) => ({ group, node, text: `${topic} ${g}.${node}` })));
    for (const { group, node, text } of texts) group.say(node, text);
    const missing = () => groups.reduce((sum, { heard }) => sum + heard.reduce((count, one) => count + texts.filter(({ text }) => !one.has(text)).length, 0), 0);
    await this.until(() => missing() === 0, seconds);
    return { said: texts.length, missing: missing() };
  }

  async end() {
    await Promise.all(this.groups.map((group) => group.kill()));
  }
}

export function sleep(seconds) {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

/** What was promised, and whether each of it held. */
export class Checks {
  checks = {};
  #progress;

  constructor(progress) {
    this.#progress = progress;
  }

  check(promise, holds) {
    this.checks[promise] = holds;
    this.#progress(`${holds ? 'yes' : ' NO'}  ${promise}`);
  }

  verdict(figures) {
    return { ok: Object.values(this.checks).every(Boolean), checks: this.checks, ...figures };
  }
}
