/**
 * What must never stand in a log line, whoever hands it in. Names of fields decide, at any depth.
 */
import type { LogFields } from "../base/logger.ts";

/** Field names, lower-case, without `-` and `_`, whose values are secrets. */
const secretNames = new Set([
  "password",
  "secret",
  "token",
  "bearertoken",
  "contacttoken",
  "authorization",
  "proxyauthorization",
  "cookie",
  "response",
  "ha1",
]);

const replacement = "[redacted]";

/** Peers choose much of what is logged; one line stays one line of bounded length. */
const longestText = 2_048;
const deepest = 6;
const widest = 100;

/**
 * The fields as they may be written: secrets replaced, long texts cut, deep and wide values cut off, and what could
 * reorder or forge a line on a terminal escaped. Errors are told by name, message and stack.
 */
export function redact(fields: LogFields): Record<string, unknown> {
  const safe: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) safe[name] = redactField(name, value, 1);
  return safe;
}

function redactField(name: string, value: unknown, depth: number): unknown {
  if (value !== undefined && secretNames.has(name.toLowerCase().replaceAll(/[-_]/g, ""))) return replacement;
  return redactValue(value, depth);
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === "string") return safeText(value);
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Error) return describeError(value, depth);
  if (value instanceof Date) return value.toISOString();
  if (Buffer.isBuffer(value)) return `[${value.length} bytes]`;
  if (depth >= deepest) return "[deeper]";
  if (Array.isArray(value)) return value.slice(0, widest).map((item) => redactValue(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, widest)
      .map(([name, inner]) => [name, redactField(name, inner, depth + 1)]),
  );
}

function describeError(error: Error, depth: number): Record<string, unknown> {
  return {
    name: error.name,
    message: safeText(error.message),
    stack: safeText(error.stack ?? ""),
    ...("code" in error ? { code: error.code } : {}),
    ...(error.cause !== undefined && depth < deepest ? { cause: redactValue(error.cause, depth + 1) } : {}),
  };
}

/** Line and paragraph separators, and the marks that turn the direction of what follows: JSON leaves them as they are. */
const disguises = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

function safeText(text: string): string {
  const cut = text.length > longestText ? `${text.slice(0, longestText)}… (${text.length} characters)` : text;
  return cut
    .toWellFormed()
    .replaceAll(disguises, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
