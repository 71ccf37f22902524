/** Live calls that go otherwise than a check has found: PBXs are reconfigured, and nobody tells us. */
import type { Clock, Timer } from "../base/clock.ts";
import type { Call } from "../calls/call.ts";
import type { Directory } from "../directory/directory.ts";
import { type FindingId, findFinding } from "../pbx/finding.ts";

export interface ContradictionsOptions {
  readonly clock: Clock;
  readonly directory: Pick<Directory, "findingsOf" | "findLineByExtension">;
  /** Calls in progress of a line. */
  readonly callsOf: (lineId: string) => number;
  /** Told of each finding that does not hold any more. */
  readonly onContradicted: (pbx: string, finding: FindingId) => void;
}

/** A PBX that follows a 302 has sent the call on by then; more than twice what a check waits for. */
const followMs = 20_000;
/** Redirections that are watched at the same time; others are not. */
const mostWatched = 100;

export class Contradictions {
  readonly #options: ContradictionsOptions;
  /** By line: redirected calls that should come there. */
  readonly #expected = new Map<string, Timer>();

  constructor(options: ContradictionsOptions) {
    this.#options = options;
  }

  /** A call was decided. */
  observe({ line, lineState, decision }: Pick<Call, "line" | "lineState" | "decision">): void {
    const { pbxId: pbx } = line;
    if (this.#options.directory.findingsOf(pbx).length === 0) return;
    this.#expected.get(line.id)?.cancel();
    this.#expected.delete(line.id);
    if (lineState === "busy") this.#contradict(pbx, "secondCall", "no");
    if (decision.action === "redirect" && decision.target.kind === "extension") {
      this.#expect(pbx, decision.target.canonical);
    }
  }

  /** Idempotent. */
  close(): void {
    for (const timer of this.#expected.values()) timer.cancel();
    this.#expected.clear();
  }

  /** Only a line of ours that is free tells: to others the call goes unseen. */
  #expect(pbx: string, extension: string): void {
    const { clock, directory, callsOf } = this.#options;
    const target = directory.findLineByExtension(pbx, extension);
    if (target === undefined || callsOf(target.id) > 0) return;
    if (this.#expected.has(target.id) || this.#expected.size >= mostWatched) return;
    const timer = clock.after(followMs, () => {
      this.#expected.delete(target.id);
      this.#contradict(pbx, "redirect", "yes");
    });
    this.#expected.set(target.id, timer);
  }

  #contradict(pbx: string, id: FindingId, verdict: "yes" | "no"): void {
    const { directory, onContradicted } = this.#options;
    const finding = findFinding(directory.findingsOf(pbx), id);
    if (finding?.verdict === verdict) onContradicted(pbx, id);
  }
}
