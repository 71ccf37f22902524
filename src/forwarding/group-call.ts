import type { GroupCall } from "./reasons.ts";

export interface GroupCallSigns {
  /** A mark of the PBX says that it is a group's call. */
  readonly marked: boolean;
  /** Canonical identities of those who diverted the call. */
  readonly divertedBy: readonly string[];
  /** Canonical form of the To header. */
  readonly to: string;
  /** Canonical numbers of the PBX's groups and queues. */
  readonly groupNumbers: ReadonlySet<string>;
}

/** Whether a call comes from a group or queue, and by what that is seen; undefined when nothing says so. */
export function readGroupCall({
  marked,
  divertedBy,
  to,
  groupNumbers,
}: GroupCallSigns): GroupCall | undefined {
  if (marked) return { by: "mark" };
  if (groupNumbers.size === 0) return undefined;
  const diverting = divertedBy.find((identity) => groupNumbers.has(identity));
  if (diverting !== undefined) return { by: "history", number: diverting };
  return groupNumbers.has(to) ? { by: "to", number: to } : undefined;
}
