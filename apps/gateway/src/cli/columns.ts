/** Rows as columns of text, two spaces between them, each as wide as its widest cell but at most `maxWidth`; the last one is not padded. */
export function columns(rows: readonly (readonly string[])[], indent: string, maxWidth: number = 80): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => {
      widths[i] = Math.min(maxWidth, Math.max(widths[i] ?? 0, cell.length));
    });
  }
  return rows.map((row) => `${indent}${padded(row, widths)}`.trimEnd()).join('\n');
}

function padded(row: readonly string[], widths: readonly number[]): string {
  return row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i]!))).join('  ');
}
