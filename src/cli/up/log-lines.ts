/** The logger of `--verbose`: a line for each event on standard error, fields behind it. */
import type { LogFields, Logger } from '../../node/logger.ts';
import { note, printable } from '../terminal.ts';
import type { Style, Terminal } from '../terminal.ts';

const STYLES: Readonly<Record<keyof Logger, Style>> = { debug: 'dim', info: 'dim', warn: 'yellow', error: 'red' };

export function logLines(terminal: Terminal): Logger {
  const write = (level: keyof Logger, fields: LogFields, text: string): void => {
    const told = Object.entries(fields).map(([name, value]) => `${name}=${printable(String(value))}`);
    note(terminal, [new Date().toISOString(), level, text, ...told].join(' '), STYLES[level]);
  };
  return {
    debug: (fields, text) => write('debug', fields, text),
    info: (fields, text) => write('info', fields, text),
    warn: (fields, text) => write('warn', fields, text),
    error: (fields, text) => write('error', fields, text),
  };
}
