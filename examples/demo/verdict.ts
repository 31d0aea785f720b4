/**
 * What the demo has to show, and whether it did. Pure.
 */

/** A line, and who has to hear it. */
export interface Row {
  readonly line: string;
  readonly by: string;
  readonly reach: readonly string[];
}

export interface Verdict {
  readonly held: boolean;
  /** A head, then a line of text for each row: how often each friend heard it, with a `!` where that is wrong. */
  readonly table: readonly string[];
}

/**
 * Each line has to be heard once by those it has to reach, and by nobody else. No other line may be heard.
 * @param heard by name: what that friend heard, repeats included
 */
export function verdict(rows: readonly Row[], heard: ReadonlyMap<string, readonly string[]>): Verdict {
  const names = [...heard.keys()];
  const judged = rows.map(({ line, by, reach }) => {
    const counts = names.map((name) => {
      const times = heard.get(name)?.filter((what) => what === line).length ?? 0;
      return { times, right: times === (reach.includes(name) ? 1 : 0), speaks: name === by };
    });
    return { line, by, counts, holds: counts.every(({ right }) => right) };
  });
  const known = new Set(rows.map(({ line }) => line));
  const strange = [...heard.values()].flat().some((what) => !known.has(what));
  const cells = judged.map(({ line, by, counts, holds }) => {
    const shown = counts.map(({ times, right, speaks }) => (right ? (speaks ? '·' : String(times)) : `${times}!`));
    return [by, line, ...shown, holds ? 'held' : 'DID NOT HOLD'];
  });
  return { held: !strange && judged.every(({ holds }) => holds), table: aligned([['who', 'line', ...names, ''], ...cells]) };
}

/** Columns as wide as their widest cell. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd());
}
