/**
 * What a command reads from and writes to, and how it writes: data to standard output, all else to standard error, colours only where
 * a terminal shows them. Shell.
 */
import type { Readable, Writable } from 'node:stream';
import { styleText } from 'node:util';

/** The three streams of a process. A test may bring its own. */
export interface Terminal {
  readonly input: Readable;
  readonly output: Sink;
  readonly errors: Sink;
}

/** Somewhere to write. Those that are terminals know their colours; `NO_COLOR` and its kind are Node's to honour. */
export type Sink = Writable & { readonly isTTY?: boolean; hasColors?(): boolean };

/** `style` of node:util, as far as we use it. */
export type Style = Parameters<typeof styleText>[0];

/** Whether colours may be written there. */
export function showsColours(sink: Sink): boolean {
  return sink.isTTY === true && sink.hasColors?.() === true;
}

/** The text in colours, where they are shown. */
export function styled(sink: Sink, style: Style, text: string): string {
  return showsColours(sink) ? styleText(style, text) : text;
}

/** Data for people. */
export function line(terminal: Terminal, text: string): void {
  terminal.output.write(`${text}\n`);
}

/** Data for programs: one JSON value a line. */
export function json(terminal: Terminal, value: unknown): void {
  line(terminal, JSON.stringify(value));
}

/** Something besides the data: it goes to standard error, so that a pipe carries data alone. */
export function note(terminal: Terminal, text: string, style: Style = 'dim'): void {
  terminal.errors.write(`${styled(terminal.errors, style, text)}\n`);
}

/** What a peer said, fit for a terminal: no control characters, which could move the cursor or worse. */
export function printable(text: string): string {
  return text.replace(/\p{C}/gu, '\u00b7');
}
