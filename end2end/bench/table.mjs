// Figures and how they are shown.

/** `share` of the values lie at or below it. */
export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)];
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export const seconds = (s) => `${s.toFixed(1)} s`;
export const milliseconds = (ms) => `${ms.toFixed(ms < 10 ? 2 : 0)} ms`;
export const kilobytes = (bytes) => `${(bytes / 1000).toFixed(bytes < 10_000 ? 1 : 0)} kB`;
export const megabytes = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`;
export const megabits = (bits) => `${(bits / 1e6).toFixed(2)} Mbit/s`;
export const percent = (share) => `${(100 * share).toFixed(0)} %`;

/** Lines of columns; the first column is printed where it changes. */
export function table(head, rows) {
  const shown = rows.map((row, index) => (rows[index - 1]?.[0] === row[0] ? ['', ...row.slice(1)] : row));
  const widths = head.map((_, column) => Math.max(...[head, ...shown].map((row) => (row[column] ?? '').length)));
  const line = (row) => row.map((cell, column) => (cell ?? '').padEnd(widths[column])).join('  ').trimEnd();
  const rule = widths.map((width) => '─'.repeat(width)).join('  ');
  return [line(head), rule, ...shown.map(line)].join('\n');
}
