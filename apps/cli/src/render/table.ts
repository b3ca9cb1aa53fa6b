import { columns, fit, padEnd, padStart } from "./text.ts";

/** A column of a table. Exactly one column of a table may be `flexible`: it gives way when the line is too wide. */
export interface Column {
  readonly align?: "left" | "right";
  readonly flexible?: boolean;
}

const GAP = "  ";

/**
 * Rows of plain cells set in columns of equal width, two spaces apart, no lines drawn. When a row is wider than `width` the
 * flexible column is cut first, then the line itself.
 */
export function renderTable(
  rows: readonly (readonly string[])[],
  table: readonly Column[],
  width: number,
  indent = "",
): readonly string[] {
  const widths = table.map((_, at) => Math.max(0, ...rows.map((row) => columns(row[at] ?? ""))));
  const flexible = table.findIndex((column) => column.flexible);
  const total = columns(indent) + widths.reduce((sum, one) => sum + one, 0) + GAP.length * (table.length - 1);
  if (flexible >= 0 && total > width) {
    widths[flexible] = Math.max(1, (widths[flexible] ?? 0) - (total - width));
  }
  return rows.map((row) => {
    const cells = table.map((column, at) => cell(row[at] ?? "", widths[at] ?? 0, column));
    return fit(`${indent}${cells.join(GAP)}`.trimEnd(), width);
  });
}

function cell(text: string, width: number, column: Column): string {
  const cut = fit(text, width);
  return column.align === "right" ? padStart(cut, width) : padEnd(cut, width);
}
