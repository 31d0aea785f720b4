/** Results as a Markdown table, which reads as well in a terminal as in a file. */

/** @import { Column } from './types.d.mts' */
/** @import { Measured } from './compare.js' */

/**
 * @param {readonly Column[]} columns
 * @param {readonly Measured[]} results
 * @param {Readonly<Record<string, number>>} ratios
 * @param {string} headline
 */
export function table(columns, results, ratios, headline) {
  const shown = columns.filter(({ name }) => results.some((result) => at(result, name) !== undefined));
  const compared = columns.find(({ name }) => name === headline)?.title ?? headline;
  const head = ['system', ...shown.map(({ title }) => title), `hearsay is × (${compared})`];
  const rows = results.map((result) => [
    result.system + (result.disturbed > 0 ? ' (disturbed)' : ''),
    ...shown.map(({ name, digits }) => cell(withSpread(at(result, name), at(result, `${name}Spread`)), digits)),
    ratios[result.system] === undefined ? '' : `${ratios[result.system]?.toFixed(2)}`,
  ]);
  return markdown([head, ...rows]);
}

/**
 * The first row is the head; the first column is text, the others are numbers.
 * @param {readonly (readonly string[])[]} rows
 */
export function markdown(rows) {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const line = (/** @type {readonly string[]} */ row) => `| ${row.map((text, i) => (i === 0 ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0))).join(' | ')} |`;
  const rule = `|${widths.map((width, i) => (i === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  const [head = [], ...rest] = rows;
  return [line(head), rule, ...rest.map(line)].join('\n');
}

/**
 * A nested figure has its spread beside it.
 * @param {unknown} value
 * @param {unknown} spread
 */
function withSpread(value, spread) {
  return spread === undefined ? value : { median: value, .../** @type {object} */ (spread) };
}

/**
 * @param {unknown} value
 * @param {number} digits
 */
function cell(value, digits) {
  const text = (/** @type {number} */ number) => number.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  if (typeof value === 'number') return text(value);
  if (typeof value !== 'object' || value === null || !('median' in value)) return '';
  const { median, min, max } = /** @type {{ median: number, min: number, max: number }} */ (value);
  return `${text(median)} (${text(min)}–${text(max)})`;
}

/**
 * @param {Readonly<Record<string, unknown>>} result
 * @param {string} name a dot nests
 * @returns {unknown}
 */
function at(result, name) {
  const [outer = name, inner] = name.split('.');
  return inner === undefined ? result[outer] : /** @type {Record<string, unknown> | undefined} */ (result[outer])?.[inner];
}
