/** ETag and If-Match (RFC 9110 §8.8.3, §13.1.1). */

/** A tag as the directory knows it, as a header says it. */
export function quoteTag(tag: string): string {
  return `"${tag}"`;
}

/**
 * The tag that If-Match demands: undefined without the header, `*` for any, else the one of its list that is current,
 * or else its first, which then does not match. A weak tag never matches (RFC 9110 §13.1.1: strong comparison).
 */
export function readIfMatch(header: string | undefined, current: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (header.trim() === "*") return "*";
  const tags = header
    .split(",")
    .map((item) => /^"([^"]*)"$/.exec(item.trim())?.[1] ?? `not a strong tag: ${item}`);
  return tags.find((tag) => tag === current) ?? tags[0];
}
