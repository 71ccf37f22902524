import type { FindingId, Finding } from "../pbx/finding.ts";
import type { Line } from "../lines/line.ts";
import type { TestBench } from "./test-bench.ts";

/** The lines of a check by what they do. With two lines alone the caller is the target as well. */
export interface Cast {
  readonly caller: Line;
  readonly callee: Line;
  readonly target: Line;
}

/** A finding without its date. */
export type Found = Omit<Finding, "at">;

/** What the steps before have found out. */
export type Known = ReadonlyMap<FindingId, Found>;

/** One thing that a check tries. Ends by itself; what it has left up is ended by whoever runs it. */
export type Step = (bench: TestBench, cast: Cast, known: Known) => Promise<readonly Found[]>;

/** How long a call may take through the PBX. */
export const arrivalMs = 8_000;

/** For how long the answer of one line may take to reach the other. */
export const answerMs = 4_000;
