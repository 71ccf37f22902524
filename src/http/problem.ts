/** Refusals as HTTP tells them: RFC 9457 problem details with a stable `code`. */
import { STATUS_CODES } from "node:http";
import { z } from "zod";
import type { Fault, RefusalCode } from "../base/refusal.ts";

/** The one place where a code becomes a status; a code without a row does not compile. */
const statuses: Readonly<Record<RefusalCode, number>> = {
  "invalid-input": 400,
  unauthenticated: 401,
  forbidden: 403,
  "not-found": 404,
  "unknown-line": 404,
  "unknown-group": 404,
  "unknown-pbx": 404,
  "unknown-site": 404,
  "no-such-forwarding": 404,
  "check-running": 409,
  "precondition-failed": 412,
  "too-large": 413,
  "unsupported-media-type": 415,
  "invalid-configuration": 422,
  "invalid-target": 422,
  "target-is-self": 422,
  "target-barred": 422,
  "too-many-requests": 429,
  "address-unavailable": 503,
  "no-server": 503,
  // RFC 4918 §11.5 says 507 for a full disk; a 503 tells more clients that trying again later makes sense.
  "storage-unavailable": 503,
};

export function statusOf(code: RefusalCode): number {
  return statuses[code];
}

export const problemContentType = "application/problem+json";

export const faultSchema = z
  .object({
    path: z.string().meta({ description: "Path within the input, for instance `lines[3].password`." }),
    place: z
      .string()
      .exactOptional()
      .meta({ description: "File, line and column, where the input was a file." }),
    message: z.string(),
    mend: z.string().exactOptional().meta({ description: "What to do about it." }),
  })
  .meta({ id: "Fault" });

export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().meta({ description: "Stable; made for programs. The texts may change." }),
    faults: z.array(faultSchema).exactOptional(),
  })
  .meta({
    id: "Problem",
    description: "RFC 9457 problem details.",
    examples: [
      {
        type: "about:blank",
        title: "Not Found",
        status: 404,
        detail: "There is no line 109.",
        code: "unknown-line",
      },
    ],
  });

export type Problem = z.output<typeof problemSchema>;

/** `code` is a RefusalCode, or `internal-error` for a bug of ours. */
export function createProblem(
  status: number,
  code: RefusalCode | "internal-error",
  detail: string,
  faults: readonly Fault[] = [],
): Problem {
  return {
    // RFC 9457 §4.2.1: no type page of its own; the title is then the status' own phrase.
    type: "about:blank",
    title: STATUS_CODES[status] ?? "Error",
    status,
    detail,
    code,
    ...(faults.length > 0 ? { faults: [...faults] } : {}),
  };
}
