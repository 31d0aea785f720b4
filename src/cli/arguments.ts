/** Readers of options, for the parser: each gives the value or says what was expected. */
import { InvalidArgumentError, Option } from 'commander';

/** A number of any kind; its range is checked by whom it is for. */
export function aNumber(text: string): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (Number.isNaN(value)) throw new InvalidArgumentError('Expected a number.');
  return value;
}

/** Numbers with commas between them. */
export function numbers(text: string): readonly number[] {
  return text.split(',').map(aNumber);
}

/** The directory of a node. */
export function dirOption(): Option {
  return new Option('-d, --dir <directory>', "the node's directory").env('HEARSAY_DIR');
}

/** The same, for commands that do nothing without one. */
export function givenDir(): Option {
  return dirOption().makeOptionMandatory();
}

/** For programs that read what we print. */
export function jsonOption(): Option {
  return new Option('--json', 'print JSON, one value a line');
}

/** Of a gossip config's `pass`. */
export function passOf(text: string): boolean | 'stem' {
  if (text === 'stem') return text;
  if (text === 'true' || text === 'false') return text === 'true';
  throw new InvalidArgumentError('Expected true, false or stem.');
}
