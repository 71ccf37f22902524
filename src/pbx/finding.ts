/**
 * What a check of a PBX has found out, as data: the answers to a handful of questions, each with what was seen. Words
 * are made of it where it is shown.
 */

export const findingIds = [
  "registration",
  "options",
  "delivery",
  "pbxForwarding",
  "callerNaming",
  "redirect",
  "redirectedCaller",
  "redirectAfterRinging",
  "secondCall",
  "secondChannel",
  "ringLimit",
  "outsideCaller",
  "addressTranslation",
] as const;

/** Stable: names of questions. */
export type FindingId = (typeof findingIds)[number];

export interface Finding {
  readonly id: FindingId;
  /** `unknown`: it was asked, and what was seen tells neither. */
  readonly verdict: "yes" | "no" | "unknown";
  /** In seconds, where the question is how long. */
  readonly seconds?: number;
  /** In the order in which it was seen. */
  readonly seen: readonly Fact[];
  /** Milliseconds since 1970. */
  readonly at: number;
  /** When a live call went otherwise, likewise; it is gone by no more then. */
  readonly contradictedAt?: number;
}

/** Something that was seen during a check. Lines are named by their ids. */
export type Fact =
  | {
      readonly code: "registered";
      readonly line: string;
      readonly forSeconds?: number;
      readonly askedSeconds: number;
    }
  | { readonly code: "notRegistered"; readonly line: string; readonly reason?: string }
  | { readonly code: "digest"; readonly realm: string; readonly algorithm: string }
  | { readonly code: "noDigest" }
  | { readonly code: "optionsAnswered"; readonly status: number; readonly allow?: string }
  | { readonly code: "optionsUnanswered" }
  | { readonly code: "called"; readonly from: string; readonly to: string }
  | { readonly code: "arrived"; readonly line: string; readonly afterMs: number }
  | { readonly code: "notArrived"; readonly line: string; readonly withinMs: number }
  | { readonly code: "callerHeard"; readonly statuses: readonly number[] }
  | { readonly code: "answeredElsewhere"; readonly line: string }
  | { readonly code: "stillUp"; readonly line: string }
  | { readonly code: "header"; readonly name: string; readonly value: string }
  | { readonly code: "headerMissing"; readonly name: string }
  | { readonly code: "readAs"; readonly caller: "internal" | "external"; readonly identity: string }
  | { readonly code: "redirected"; readonly line: string; readonly to: string }
  | { readonly code: "rangFor"; readonly seconds: number; readonly isOver: boolean }
  | { readonly code: "seenAt"; readonly host: string; readonly port: number }
  | { readonly code: "waitedForCall"; readonly line: string; readonly seconds: number }
  | {
      readonly code: "notTried";
      readonly because: "noThirdLine" | "notDelivered" | "redirectNotFollowed" | "notAsked";
    };

/** Of a PBX that was never checked. */
export const noFindings: readonly Finding[] = [];

/** One that still holds. */
export function findFinding(findings: readonly Finding[], id: FindingId): Finding | undefined {
  return findings.find((finding) => finding.id === id && finding.contradictedAt === undefined);
}
