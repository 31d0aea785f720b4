/** When a command that runs until it is told to end is told so. */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A signal ends the command; a second one ends the process, at once. */
export class Ending {
  /** Resolves once it shall end. */
  readonly asked: Promise<void>;
  readonly #ask: () => void;
  readonly #onSignal = (): void => {
    if (this.isAsked) process.exit(1);
    this.ask();
  };
  #isAsked = false;

  constructor() {
    const { promise, resolve } = deferred();
    this.asked = promise;
    this.#ask = resolve;
    for (const signal of SIGNALS) process.on(signal, this.#onSignal);
  }

  get isAsked(): boolean {
    return this.#isAsked;
  }

  /** Ends it as a signal does. */
  ask(): void {
    this.#isAsked = true;
    this.#ask();
  }

  /** It has ended: signals are the process's own again. */
  close(): void {
    for (const signal of SIGNALS) process.off(signal, this.#onSignal);
  }
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
