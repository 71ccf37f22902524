/** What commands print: tables for people, JSON for programs. */
import type { Fault } from "../base/refusal.ts";

/** Rows under their headings, in columns as wide as they need to be. Nothing at all without rows. */
export function formatTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const safeRows = rows.map((row) => row.map(safeForTerminal));
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...safeRows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  return [headings, ...safeRows].map(line).join("\n");
}

export function formatJson(value: unknown): string {
  return JSON.stringify(value, undefined, 2);
}

/** `divert.yaml:12:5: lines[3].password: is missing. Give one.` */
export function formatFault({ place, path, message, mend }: Fault): string {
  const where = [place, path].filter((part) => part !== undefined && part !== "").join(": ");
  return safeForTerminal([where === "" ? message : `${where}: ${message}`, mend ?? ""].join(" ").trim());
}

/** `redirect 302 -> 500`, `reject 486`; a caller who is left to hear ringing is not rejected: `ring 180`. */
export function formatDecision(action: string, status?: number, target?: string): string {
  const what = status !== undefined && status < 200 ? "ring" : action;
  return [what, status ?? "", target === undefined ? "" : `-> ${target}`]
    .filter((part) => part !== "")
    .join(" ");
}

/** Callers choose their names: control characters could move the cursor, and marks turn the writing's direction. */
export function safeForTerminal(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, "\ufffd");
}
