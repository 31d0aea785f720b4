/** A result as lines to read. Pure. */

/** One line a figure, a table for lists of them: names to the left, values to the right. */
export function reportLines(result: Readonly<Record<string, unknown>>): string[] {
  const lines: string[] = [];
  const width = Math.max(...Object.keys(result).map((name) => name.length));
  for (const [name, value] of Object.entries(result)) {
    if (Array.isArray(value)) lines.push('', ...tableLines(value as Readonly<Record<string, unknown>>[]));
    else lines.push(`${name.padEnd(width)}  ${shown(name, value)}`);
  }
  return lines;
}

function tableLines(rows: readonly Readonly<Record<string, unknown>>[]): string[] {
  const names = Object.keys(rows[0] ?? {});
  const cells = rows.map((row) => names.map((name) => shown(name, row[name])));
  const widths = names.map((name, column) => Math.max(name.length, ...cells.map((row) => (row[column] as string).length)));
  return [names, ...cells].map((row) => row.map((cell, column) => cell.padStart(widths[column] as number)).join('  '));
}

function shown(name: string, value: unknown): string {
  if (name === 'rssBytes') return `${Math.round(Number(value) / 2 ** 20)} MiB`;
  if (name.endsWith('Ms') && typeof value === 'number') return `${(value / 1_000).toFixed(1)} s`;
  if (typeof value === 'number' && !Number.isInteger(value)) return value.toFixed(5);
  return value === null ? 'never' : String(value);
}
