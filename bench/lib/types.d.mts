/** What the parts of the bench say to each other. */

/** One node of a system. */
export interface BenchNode {
  /** What another node needs to link to this one. Good for one link. */
  offer(): Promise<string>;
  /** Links to the node that made the offer. Resolves once the link is there. */
  link(offer: string): Promise<void>;
  /** How many links rumors can go over now. */
  links(): number;
  /** Publishes a datum. Throws, or rejects, when the system refuses it. */
  publish(payload: Uint8Array): Promise<unknown> | void;
  /** Joins a further topic by the address of a member, if there is one. Resolves once somebody listens there. */
  joinTopic?(name: string, contacts: readonly string[]): Promise<void>;
  /** Leaves all topics that it joined so. */
  leaveTopics?(): Promise<void>;
  /** Where it can be dialled. */
  contacts?(): readonly string[];
  stop(): Promise<void>;
}

/** How a node is started. */
export interface StartOptions {
  /** A directory of its own, empty. */
  readonly dir: string;
  /** Called for each datum that reaches the node's app. */
  readonly onDelivery: (payload: Uint8Array) => void;
  /** In how many topics it is, for systems that know topics. All traffic goes over the first. */
  readonly topics: number;
  /** Largest payload that will be published. */
  readonly maxBytes: number;
  /** Where a system that has a store keeps it. */
  readonly store: 'disk' | 'memory';
  /** Whether libp2p pings its links and closes those whose pong is late: its default, which ends links of a busy process. */
  readonly monitor: boolean;
}

/** A system under measurement: one file of `systems/` each. */
export interface System {
  /** What its user installs and imports. Their versions are printed with the figures. */
  readonly installs: readonly string[];
  /** How it is set up, in a few words, for the printed table. */
  readonly setup: string;
  start(options: StartOptions): Promise<BenchNode>;
}

/** Options of all nodes of a run. */
export type ClusterOptions = Partial<Omit<StartOptions, 'dir' | 'onDelivery'>>;

/** What one worker counted in one phase. Times are ms of the machine's monotonic clock, the same in all processes. */
export interface Phase {
  readonly published: number;
  readonly refused: number;
  /** First arrivals at nodes other than the publisher. */
  readonly delivered: number;
  /** Further arrivals of the same at the same node. */
  readonly duplicates: number;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly cpuMicros: number;
  /** Ms from publishing to arrival, sorted. */
  readonly latencies: Float64Array;
}

/** What a worker is asked to publish. */
export type Load =
  /** As fast as it goes, with this many of the worker's own data not yet everywhere at the worker's own nodes. */
  | { readonly type: 'flow'; readonly forMs: number; readonly window: number; readonly bytes: number }
  /** The same from a single node, whose far end confirms by publishing. */
  | { readonly type: 'stream'; readonly forMs: number; readonly window: number; readonly bytes: number; readonly confirmEvery: number }
  /** At a steady pace. */
  | { readonly type: 'pace'; readonly forMs: number; readonly everyMs: number; readonly bytes: number }
  /** All in one go. */
  | { readonly type: 'burst'; readonly count: number; readonly bytes: number }
  /** Nothing but a confirmation of every so many data that arrive; with 0, nothing at all. */
  | { readonly type: 'listen'; readonly confirmEvery: number };

/** One line of a scenario: what stays the same for all systems. */
export type Setting = Readonly<Record<string, number | string>>;

/** What one repetition measured of one system. A figure that is `undefined` is one this system does not have. */
export type Sample = Readonly<Record<string, number | undefined>>;

/** What the figures of a scenario are, and which of them is compared. */
export interface Column {
  /** Its name in the samples and in the JSON object; a dot nests. */
  readonly name: string;
  readonly title: string;
  readonly digits: number;
  /** Prints and reports min and max beside the median. */
  readonly spread?: boolean;
  /** The least of all repetitions instead of the median: a loss is not to be averaged away. */
  readonly least?: boolean;
}

export interface Scenario {
  readonly name: string;
  readonly about: string;
  /** Systems measured, in the order of their turns. */
  readonly systems: readonly string[];
  readonly columns: readonly Column[];
  /** The column whose ratio, hearsay over the other, is printed. */
  readonly headline: string;
  settings(options: Options): readonly Setting[];
  /** `undefined`: this system has nothing to measure here. */
  measure(system: string, setting: Setting, options: Options): Promise<Sample | undefined>;
}

/** The command line. */
export interface Options {
  readonly scenario: string;
  readonly json: boolean;
  readonly repetitions: number | undefined;
  readonly seconds: number | undefined;
  readonly seed: number;
  readonly nodes: number | undefined;
  readonly bytes: number | undefined;
  readonly processes: number | undefined;
  readonly window: number | undefined;
  readonly messages: number | undefined;
  readonly ids: number | undefined;
  readonly topics: number | undefined;
  readonly systems: readonly string[] | undefined;
  readonly tolerateLoad: boolean;
  /** Where each measured process writes a CPU profile. */
  readonly profile: string | undefined;
}
