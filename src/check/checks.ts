/** Checks of PBXs: started by an administrator, one at a time at each PBX, with lines that have nothing else to do. */
import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import type { RandomSource } from "../base/random.ts";
import { Refusal } from "../base/refusal.ts";
import type { Directory } from "../directory/directory.ts";
import type { Line } from "../lines/line.ts";
import type { Lines } from "../lines/lines.ts";
import type { Flow, InviteCore, RequestSender, ServerTransaction, SipRequest } from "../sip/user-agent.ts";
import type { Cast } from "./cast.ts";
import { CheckRun, type NamedStep } from "./check-run.ts";
import { askOptions } from "./steps/ask-options.ts";
import { awaitOutsideCall, type OutsideCall } from "./steps/await-outside-call.ts";
import { lookAtRegistration } from "./steps/look-at-registration.ts";
import { tryDelivery } from "./steps/try-delivery.ts";
import { tryRedirect, tryRedirectAfterRinging } from "./steps/try-redirect.ts";
import { tryRingLimit } from "./steps/try-ring-limit.ts";
import { trySecondCall } from "./steps/try-second-call.ts";
import { TestBench } from "./test-bench.ts";

export type { OutsideCall } from "./steps/await-outside-call.ts";

export interface ChecksOptions {
  readonly directory: Directory;
  readonly lines: Lines;
  readonly core: InviteCore;
  readonly sender: RequestSender;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly logger: Logger;
  /** A run has come further. */
  readonly onChange: (run: CheckRun) => void;
}

export interface CheckWish {
  /** Two or three line ids: who calls, who is called, who is forwarded to. Absent: lines that are idle. */
  readonly lines?: readonly string[];
  /** Absent: how a caller from outside looks is not asked. */
  readonly outsideCall?: OutsideCall;
  /** How long it is waited for the PBX to stop ringing; 0: not at all. Absent: two minutes. */
  readonly ringSeconds?: number;
}

const defaultRingSeconds = 120;

export class Checks {
  readonly #options: ChecksOptions;
  /** The latest run of each PBX. */
  readonly #runs = new Map<string, CheckRun>();
  /** By PBX: where test calls of a run are caught, and for a while after it. */
  readonly #benches = new Map<string, TestBench>();

  constructor(options: ChecksOptions) {
    this.#options = options;
  }

  /** The latest check of a PBX since the start; undefined: none. */
  find(pbx: string): CheckRun | undefined {
    return this.#runs.get(pbx);
  }

  /**
   * Begins a check; it goes on by itself. Throws `unknown-pbx`, `unknown-line`, `invalid-input` where the lines do not
   * serve, and `check-running`.
   */
  start(pbx: string, wish: CheckWish, actor: string): CheckRun {
    const setup = this.#options.directory.pbxSetupOf(pbx);
    if (setup === undefined) throw new Refusal("unknown-pbx", `There is no PBX ${pbx}.`);
    if (this.#runs.get(pbx)?.state.state === "running")
      throw new Refusal("check-running", `A check of ${pbx} is under way.`);
    const cast = this.#cast(pbx, wish.lines);
    const { clock, random, core, directory, logger } = this.#options;
    const bench = new TestBench({ core, clock, random, setupOf: (id) => directory.setupOf(id) });
    const run = new CheckRun({
      id: random.token(96),
      pbx,
      lines: [...new Set([cast.caller, cast.callee, cast.target])].map(({ id }) => id),
      bench,
      clock,
      steps: this.#steps(bench, cast, wish),
      onChange: this.#options.onChange,
    });
    this.#runs.set(pbx, run);
    this.#benches.set(pbx, bench);
    logger.info({ pbx, lines: run.lines, actor }, "checking the PBX");
    this.#carryOut(run, bench, actor).catch((bug: unknown) => logger.error({ error: bug, pbx }, "check"));
    return run;
  }

  /** Whether a call that came to a line is a test call; it is taken then. */
  claim(line: Line, transaction: ServerTransaction, request: SipRequest, flow: Flow): boolean {
    return this.#benches.get(line.pbxId)?.claim(line, transaction, request, flow) === true;
  }

  /** Stops all. Idempotent. */
  close(): void {
    for (const run of this.#runs.values()) run.stop();
  }

  async #carryOut(run: CheckRun, bench: TestBench, actor: string): Promise<void> {
    await run.run();
    const { directory, logger, clock } = this.#options;
    logger.info({ pbx: run.pbx, state: run.state.state, findings: run.findings.length }, "checked the PBX");
    if (run.findings.length > 0) await directory.recordFindings(run.pbx, run.findings, { actor });
    clock.after(lingerMs, () => {
      if (this.#benches.get(run.pbx) === bench) this.#benches.delete(run.pbx);
    });
  }

  #steps(bench: TestBench, cast: Cast, wish: CheckWish): NamedStep[] {
    const { lines, directory, sender, random } = this.#options;
    const { pbxId } = cast.caller;
    const expires = directory.pbxSetupOf(pbxId)?.profile.expires ?? 0;
    const { ringSeconds = defaultRingSeconds } = wish;
    const steps: NamedStep[] = [
      {
        name: "registration",
        run: () => Promise.resolve(lookAtRegistration(cast, expires, lines.pbx(pbxId))),
      },
      { name: "options", run: () => askOptions(cast, { sender, random }) },
      { name: "delivery", run: () => tryDelivery(bench, cast) },
      { name: "redirect", run: (known) => tryRedirect(bench, cast, known) },
      { name: "redirectAfterRinging", run: (known) => tryRedirectAfterRinging(bench, cast, known) },
      { name: "secondCall", run: (known) => trySecondCall(bench, cast, known) },
      { name: "outsideCall", run: () => awaitOutsideCall(bench, cast, wish.outsideCall) },
    ];
    if (ringSeconds > 0) {
      steps.push({ name: "ringLimit", run: (known) => tryRingLimit(bench, cast, known, ringSeconds) });
    }
    return steps;
  }

  #cast(pbx: string, wanted: readonly string[] | undefined): Cast {
    const chosen = wanted === undefined ? this.#idleLines(pbx) : wanted.map((id) => this.#lineOf(pbx, id));
    const [caller, callee, target = caller] = chosen;
    if (
      caller === undefined ||
      callee === undefined ||
      target === undefined ||
      new Set(chosen).size < chosen.length
    ) {
      const message =
        wanted === undefined
          ? `A check takes two lines of ${pbx} that are registered and have no call; three tell more.`
          : "Name two or three different lines.";
      throw new Refusal("invalid-input", message);
    }
    return { caller, callee, target };
  }

  /** Lines without a phone come first: nobody is disturbed there. */
  #idleLines(pbx: string): Line[] {
    const { lines } = this.#options;
    const idle: Line[] = [];
    const others: Line[] = [];
    for (const line of lines.all()) {
      if (line.pbxId !== pbx || line.registration.state !== "registered" || line.callsInProgress > 0)
        continue;
      (line.configuration.phone === undefined ? idle : others).push(line);
      if (idle.length >= mostLines) break;
    }
    return [...idle, ...others].slice(0, mostLines);
  }

  #lineOf(pbx: string, id: string): Line {
    const line = this.#options.lines.find(id);
    if (line?.pbxId !== pbx) throw new Refusal("unknown-line", `${pbx} has no line ${id}.`);
    if (line.callsInProgress > 0)
      throw new Refusal("invalid-input", `Line ${id} is in a call: name another one.`);
    return line;
  }
}

const mostLines = 3;

/** What is left of test calls is caught for so long. */
const lingerMs = 20_000;
