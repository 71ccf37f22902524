/**
 * One check of one PBX: the steps in their order, each from an empty bench. It ends by itself, and at any time when it is
 * stopped.
 */
import type { Clock } from "../base/clock.ts";
import type { Finding, FindingId } from "../pbx/finding.ts";
import type { Found, Known } from "./cast.ts";
import type { TestBench } from "./test-bench.ts";

/** A step, with its name for those who watch. */
export interface NamedStep {
  readonly name: StepName;
  readonly run: (known: Known) => Promise<readonly Found[]>;
}

export const stepNames = [
  "registration",
  "options",
  "delivery",
  "redirect",
  "redirectAfterRinging",
  "secondCall",
  "outsideCall",
  "ringLimit",
] as const;
export type StepName = (typeof stepNames)[number];

export type CheckState =
  | { readonly state: "running"; readonly step: StepName }
  | { readonly state: "done" }
  | { readonly state: "stopped" };

export interface CheckRunOptions {
  readonly id: string;
  readonly pbx: string;
  /** Ids: caller, callee, target. */
  readonly lines: readonly string[];
  readonly bench: TestBench;
  readonly clock: Clock;
  readonly steps: readonly NamedStep[];
  /** Something is found, or the run has come further. */
  readonly onChange: (run: CheckRun) => void;
}

export class CheckRun {
  readonly id: string;
  readonly pbx: string;
  readonly lines: readonly string[];
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly #options: CheckRunOptions;
  readonly #findings: Finding[] = [];
  #state: CheckState;

  constructor(options: CheckRunOptions) {
    this.id = options.id;
    this.pbx = options.pbx;
    this.lines = options.lines;
    this.startedAt = options.clock.wallTime();
    this.#options = options;
    this.#state = { state: "running", step: options.steps[0]?.name ?? "registration" };
  }

  get state(): CheckState {
    return this.#state;
  }

  get findings(): readonly Finding[] {
    return this.#findings;
  }

  /** Resolves when it is over. To be called once. */
  async run(): Promise<void> {
    const { steps, bench, clock } = this.#options;
    const known = new Map<FindingId, Found>();
    for (const { name, run } of steps) {
      if (bench.hasClosed()) break;
      this.#enter({ state: "running", step: name });
      const found = await run(known);
      // What a step that was stopped half way thinks to have found is nothing.
      if (!bench.hasClosed()) this.#keep(found, known, clock.wallTime());
      bench.clear();
      if (known.get("registration")?.verdict === "no") break;
    }
    this.#enter({ state: bench.hasClosed() ? "stopped" : "done" });
    bench.close();
  }

  /** Ends all its calls. Idempotent. */
  stop(): void {
    this.#options.bench.close();
  }

  #keep(found: readonly Found[], known: Map<FindingId, Found>, at: number): void {
    for (const finding of found) {
      known.set(finding.id, finding);
      this.#findings.push({ ...finding, at });
    }
  }

  #enter(state: CheckState): void {
    this.#state = state;
    this.#options.onChange(this);
  }
}
