import type { MarkVerdict } from "../numbering/caller-identity.ts";
import type { Mark } from "./profile.ts";

/** What a PBX's marks say of a call. */
export interface MarksRead extends MarkVerdict {
  /** A mark says that the call comes from a group or queue. */
  readonly group: boolean;
}

const nothingMarked: MarksRead = { group: false };

/**
 * Reads the marks of a call; the first that matches says internal or external, and any may say that it is a group's.
 * `header` gives a header's whole value, `user` is the user part of the caller's URI. Letter case does not count.
 */
export function readMarks(
  marks: readonly Mark[],
  header: (name: string) => string | undefined,
  user: string,
): MarksRead {
  if (marks.length === 0) return nothingMarked;
  const matching = marks.filter((mark) => matches(mark, header, user));
  const first = matching.find(({ says }) => says !== "group");
  const prefixed = matching.find((mark) => "prefix" in mark);
  return {
    group: matching.some(({ says }) => says === "group"),
    ...(first !== undefined && first.says !== "group" && { origin: first.says, by: nameOf(first) }),
    ...(prefixed !== undefined && "prefix" in prefixed && { prefix: prefixed.prefix }),
  };
}

function matches(mark: Mark, header: (name: string) => string | undefined, user: string): boolean {
  if ("prefix" in mark) return mark.prefix !== "" && user.startsWith(mark.prefix);
  return header(mark.header)?.toLowerCase().includes(mark.contains.toLowerCase()) === true;
}

function nameOf(mark: Mark): string {
  return "prefix" in mark ? `prefix ${mark.prefix}` : mark.header;
}
