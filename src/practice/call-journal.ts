import type { CallOutcome, CallReport, RefusalCause } from "./call-report.ts";

/** What Divert decided about a call; its call records are such. */
export interface DecidedCall {
  readonly line: string;
  readonly caller: string;
  readonly callerClass: "internal" | "external";
  readonly lineState: "idle" | "busy";
  readonly action: "redirect" | "relay" | "ring" | "reject" | "dial";
  readonly target?: string;
  readonly rule?: { readonly when: string; readonly callers: string };
  readonly status: number;
}

/** One call in one line of text. */
export interface JournalLine {
  readonly kind: "forwarded" | "notForwarded";
  /** Who called whom, and where the call was sent. */
  readonly head: string;
  /** Why, and where it ended up. */
  readonly details: readonly string[];
}

const mostWaiting = 100;

/**
 * Joins what Divert decided with what the PBX then saw happen, and writes a line for each call. What Divert answers for
 * good is written at once, a 302 when the PBX knows where it led.
 */
export class CallJournal {
  readonly #write: (line: JournalLine) => void;
  readonly #waiting: DecidedCall[] = [];

  constructor(write: (line: JournalLine) => void) {
    this.#write = write;
  }

  /** Divert has decided. */
  decided(call: DecidedCall): void {
    if (call.action === "redirect") {
      this.#waiting.push(call);
      if (this.#waiting.length > mostWaiting) this.#waiting.shift();
      return;
    }
    this.#write({
      kind: "notForwarded",
      head: `${call.caller} -> ${call.line}: ${call.status}`,
      details: [
        "no rule fits",
        `${call.callerClass} caller`,
        `line ${call.lineState}`,
        call.status === 180 ? "rings until the caller gives up" : "the caller is refused",
      ],
    });
  }

  /** The PBX knows how a call came out. */
  reported({ caller, dialled, path, outcome }: CallReport): void {
    for (const { by, extension, target } of path) {
      if (by === "302") this.#writeForwarding(this.#take(extension, target), outcome);
    }
    if (outcome.kind !== "refused") return;
    const { at, cause, status } = outcome;
    // A 302 that the PBX does not carry on is no step of the way.
    const isLeft = cause === "redirectNotFollowed" || cause === "targetUnusable";
    if (isLeft) this.#writeForwarding(this.#take(at), outcome);
    else if (path.length === 0 && cause !== "callee") {
      const details = [`the PBX itself: ${causes[cause]}`];
      this.#write({ kind: "notForwarded", head: `${caller} -> ${dialled}: ${status}`, details });
    }
  }

  #writeForwarding(call: DecidedCall | undefined, outcome: CallOutcome): void {
    if (call === undefined) return;
    const { when = "", callers = "" } = call.rule ?? {};
    this.#write({
      kind: "forwarded",
      head: `${call.caller} -> ${call.line}: 302 -> ${call.target ?? ""}`,
      details: [
        `${when}, ${callers} callers`,
        ...(callers === call.callerClass ? [] : [`${call.callerClass} caller`]),
        `line ${call.lineState}`,
        describeOutcome(outcome),
      ],
    });
  }

  /** The oldest decision of that line that waits for its outcome, for that target where one is given. */
  #take(line: string, target?: string): DecidedCall | undefined {
    const index = this.#waiting.findIndex(
      (call) => call.line === line && (target === undefined || call.target === target),
    );
    return index < 0 ? undefined : this.#waiting.splice(index, 1)[0];
  }
}

/** `head (detail; detail)` in one line, with colours where `isColoured`. */
export function formatJournalLine({ kind, head, details }: JournalLine, isColoured: boolean): string {
  const tail = `(${details.join("; ")})`;
  if (!isColoured) return `${head} ${tail}`;
  return `\u001b[${kind === "forwarded" ? 32 : 33}m${head}\u001b[0m \u001b[2m${tail}\u001b[0m`;
}

const causes: Readonly<Record<RefusalCause, string>> = {
  callee: "refused",
  busyAtPbx: "the line is in a call and is offered no second one",
  notRegistered: "the line is not registered",
  noSuchNumber: "there is no such number",
  redirectNotFollowed: "the PBX does not follow a 302",
  targetUnusable: "the PBX cannot dial that",
  tooManyDiversions: "the PBX has diverted it too often",
  notAnswered: "nobody answered",
  unreachable: "nobody could be reached",
};

function describeOutcome(outcome: CallOutcome): string {
  switch (outcome.kind) {
    case "answered":
      return `answered by ${outcome.by}`;
    case "cancelled":
      return `the caller gave up at ${outcome.while}`;
    case "refused":
      return outcome.cause === "callee"
        ? `refused by ${outcome.at} with ${outcome.status}`
        : `${causes[outcome.cause]}, ${outcome.status}`;
  }
}
