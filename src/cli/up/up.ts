/** `hearsay up`: a node that says and hears lines until it is told to end. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { HearsayError } from '../../errors.ts';
import type { GossipApp } from '../../node/app.ts';
import { createNode } from '../../node/create-node.ts';
import type { HearsayNode } from '../../node/create-node.ts';
import type { TopicMarks } from '../../topics/message.ts';
import { Performer } from '../control/performer.ts';
import type { Running } from '../control/performer.ts';
import { controlPath } from '../control/protocol.ts';
import { RemoteConfig } from '../control/remote-config.ts';
import { openControl } from '../control/server.ts';
import type { Terminal } from '../terminal.ts';
import { Ending } from './ending.ts';
import { gossiper, textOf } from './gossiper.ts';
import { logLines } from './log-lines.ts';
import { configs, nodeOptions } from './options.ts';
import type { UpOptions } from './options.ts';
import { randomMessage } from './random-message.ts';
import { Report } from './report.ts';

/** Of the old command, in seconds. */
const DEFAULT_PERIOD_S = 5;
/** The label of peers that were given with --connect. */
const GIVEN_LIST = 'connect';
/** How long the first line of standard input waits for somebody to hear it, in ms (our choice: a dial, a handshake and a watch, with room for a redial). */
const FIRST_HEARER_MS = 10_000;

/**
 * Runs a node until a signal, or until standard input ends with `--stdin`.
 * @returns whether all that was to be said was said
 * @throws HearsayError what `createNode` throws, with options named as on the command line
 */
export async function up(given: UpOptions, terminal: Terminal): Promise<boolean> {
  const ending = new Ending();
  const dir = given.dir === undefined ? await mkdtemp(join(tmpdir(), 'hearsay-')) : resolve(given.dir);
  try {
    const options = await nodeOptions(given, dir);
    controlPath(dir); // Before the node makes the directory.
    const report = new Report(terminal, given.json === true, options.bootstrap ?? []);
    const node = await createNode({ ...options, ...(given.verbose === true && { logger: logLines(terminal) }) });
    try {
      return await new Session(node, given, dir, terminal, report, ending).run();
    } finally {
      await node.close();
    }
  } finally {
    if (given.dir === undefined) await rm(dir, { recursive: true, force: true });
    ending.close();
  }
}

class Session {
  readonly #node: HearsayNode;
  readonly #given: UpOptions;
  readonly #dir: string;
  readonly #terminal: Terminal;
  readonly #report: Report;
  readonly #ending: Ending;
  readonly #firstHearer: Promise<void>;
  readonly #heardBy: () => void;
  #saidAll = true;

  constructor(node: HearsayNode, given: UpOptions, dir: string, terminal: Terminal, report: Report, ending: Ending) {
    this.#node = node;
    this.#given = given;
    this.#dir = dir;
    this.#terminal = terminal;
    this.#report = report;
    this.#ending = ending;
    let heardBy: () => void = () => undefined;
    this.#firstHearer = new Promise((hearer) => (heardBy = hearer));
    this.#heardBy = heardBy;
  }

  async run(): Promise<boolean> {
    const node = this.#node;
    node.events$.subscribe((event) => {
      this.#report.happened(event);
      // Who was given is a pal, so that both hear each other whatever else is learnt.
      if (event.type === 'bootstrapped') node.pals.meet(event.peer, [GIVEN_LIST]).catch((error: Error) => this.#report.trouble(error.message));
    });
    const running = await this.#runTopic();
    const remote = new RemoteConfig();
    await remote.start(node);
    const performer = new Performer(node, this.#dir, new Map([[this.#given.topic, running]]), remote);
    const control = await openControl(this.#dir, (asked) => performer.perform(asked));
    try {
      this.#report.started(node, this.#dir, this.#given.dir !== undefined);
      await this.#talk(running.app);
    } finally {
      await control.close();
    }
    return this.#saidAll;
  }

  async #runTopic(): Promise<Running & { readonly app: GossipApp<TopicMarks> }> {
    const { first, chosen } = configs(this.#given);
    const app = await this.#node.run(this.#given.topic, gossiper(first, this.#heardBy));
    // What was saved counts, but for what is asked for now.
    if (Object.keys(chosen).length > 0) await app.poke('gossip-config', chosen);
    const counts = { published: 0, received: 0, relayed: 0 };
    app.published$.subscribe(() => (counts.published += 1));
    app.relayed$.subscribe(() => (counts.relayed += 1));
    app.received$.subscribe((heard) => {
      counts.received += 1;
      const text = textOf(heard);
      if (text !== undefined) this.#report.heard(text, heard.src, heard.hops);
    });
    return { app, counts };
  }

  async #talk(app: GossipApp<TopicMarks>): Promise<void> {
    const { stdin, period = stdin === true ? 0 : DEFAULT_PERIOD_S } = this.#given;
    const timer = period > 0 ? setInterval(() => void this.#say(app, randomMessage()), period * 1_000) : undefined;
    if (stdin === true) void this.#sayInput(app).then(() => this.#ending.ask());
    await this.#ending.asked;
    clearInterval(timer);
    // An open standard input would keep the process.
    if (stdin === true) this.#terminal.input.destroy();
  }

  async #sayInput(app: GossipApp<TopicMarks>): Promise<void> {
    const lines = createInterface({ input: this.#terminal.input });
    let waited: Promise<void> | undefined;
    for await (const text of lines) {
      await (waited ??= this.#waitForHearer());
      if (this.#ending.isAsked) return;
      if (text !== '') await this.#say(app, text);
    }
  }

  async #say(app: GossipApp<TopicMarks>, text: string): Promise<void> {
    try {
      await app.poke('say', text);
      this.#report.said(text);
    } catch (error) {
      this.#saidAll = false;
      this.#report.trouble(`not said: ${reasonOf(error)}`);
    }
  }

  /** What is said to nobody is lost, so the first line waits a little. */
  async #waitForHearer(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((done) => {
      timer = setTimeout(() => {
        this.#report.trouble('nobody hears us yet');
        done();
      }, FIRST_HEARER_MS);
    });
    await Promise.race([this.#firstHearer, late, this.#ending.asked]);
    clearTimeout(timer);
  }
}

/** The agent's failure has the reason within. */
function reasonOf(error: unknown): string {
  const inner = error instanceof HearsayError && error.cause instanceof HearsayError ? error.cause : error;
  if (inner instanceof HearsayError) return `${inner.message} (${inner.code})`;
  return inner instanceof Error ? inner.message : String(inner);
}
