import type { CallOutcome, CallReport, RefusalCause } from "./call-report.ts";

/** What Divert decided about a call; its call records are such. */
export interface DecidedCall {
  /** The same for all that is decided about a call, stage by stage. */
  readonly id: string;
  readonly line: string;
  readonly caller: string;
  readonly callerClass: "internal" | "external";
  readonly lineState: "idle" | "busy";
  readonly action: "redirect" | "relay" | "ring" | "reject" | "dial";
  readonly target?: string;
  readonly rule?: { readonly when: string; readonly callers: string };
  /** Of a rule for calls that nobody answers: how long the phones rang. */
  readonly afterSeconds?: number;
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
 * good is written at once, a 302 when the PBX knows where it led, a call that rings when it is answered or over.
 */
export class CallJournal {
  readonly #write: (line: JournalLine) => void;
  readonly #waiting: DecidedCall[] = [];

  constructor(write: (line: JournalLine) => void) {
    this.#write = write;
  }

  /** Divert has decided; later stages of a call take the place of earlier ones. */
  decided(call: DecidedCall): void {
    const before = this.#waiting.findIndex(({ id }) => id === call.id);
    if (before >= 0) this.#waiting.splice(before, 1);
    if (call.action === "redirect" || call.action === "ring") {
      this.#waiting.push(call);
      if (this.#waiting.length > mostWaiting) this.#waiting.shift();
    } else if (call.action === "relay") {
      this.#writeForwarding(call, `relayed -> ${call.target ?? ""}`, "Divert calls the target itself");
    } else {
      const isRinging = call.status === 180;
      const outcome = isRinging ? "rings until the caller gives up" : "the caller is refused";
      this.#writeUnforwarded(call, String(call.status), outcome);
    }
  }

  /** The PBX knows how a call came out. */
  reported({ caller, dialled, path, outcome }: CallReport): void {
    for (const { by, extension, target } of path) {
      if (by === "302") this.#writeRedirection(this.#take(extension, target), outcome);
    }
    this.#writeRinging(outcome);
    if (outcome.kind !== "refused") return;
    const { at, cause, status } = outcome;
    // A 302 that the PBX does not carry on is no step of the way.
    const isLeft = cause === "redirectNotFollowed" || cause === "targetUnusable";
    if (isLeft) this.#writeRedirection(this.#take(at), outcome);
    else if (path.length === 0 && cause !== "callee") {
      const details = [`the PBX itself: ${causes[cause]}`];
      this.#write({ kind: "notForwarded", head: `${caller} -> ${dialled}: ${status}`, details });
    }
  }

  /** The call may have ended at a line whose phones rang. */
  #writeRinging(outcome: CallOutcome): void {
    const line = placeOf(outcome);
    const index = this.#waiting.findIndex((call) => call.line === line && call.action === "ring");
    const [call] = index < 0 ? [] : this.#waiting.splice(index, 1);
    if (call === undefined) return;
    const isAnswered = outcome.kind === "answered";
    const end = isAnswered ? `answered by the phone of ${line}` : describeOutcome(outcome);
    this.#writeUnforwarded(call, "rings phone", end);
  }

  #writeRedirection(call: DecidedCall | undefined, outcome: CallOutcome): void {
    if (call !== undefined)
      this.#writeForwarding(call, `302 -> ${call.target ?? ""}`, describeOutcome(outcome));
  }

  #writeForwarding(call: DecidedCall, what: string, outcome: string): void {
    const { callers = "" } = call.rule ?? {};
    this.#write({
      kind: "forwarded",
      head: `${call.caller} -> ${call.line}: ${what}`,
      details: [
        `${describeCondition(call)}, ${callers} callers`,
        ...(callers === call.callerClass ? [] : [`${call.callerClass} caller`]),
        `line ${call.lineState}`,
        outcome,
      ],
    });
  }

  #writeUnforwarded(call: DecidedCall, what: string, outcome: string): void {
    this.#write({
      kind: "notForwarded",
      head: `${call.caller} -> ${call.line}: ${what}`,
      details: ["no rule fits", `${call.callerClass} caller`, `line ${call.lineState}`, outcome],
    });
  }

  /** The oldest redirection of that line that waits for its outcome, to that target where one is given. */
  #take(line: string, target?: string): DecidedCall | undefined {
    const index = this.#waiting.findIndex(
      (call) =>
        call.action === "redirect" && call.line === line && (target === undefined || call.target === target),
    );
    return index < 0 ? undefined : this.#waiting.splice(index, 1)[0];
  }
}

function describeCondition({ rule, afterSeconds }: DecidedCall): string {
  if (rule?.when !== "noAnswer") return rule?.when ?? "";
  return afterSeconds === undefined ? "no answer" : `no answer after ${afterSeconds} s`;
}

/** Where the call was in the end. */
function placeOf(outcome: CallOutcome): string {
  switch (outcome.kind) {
    case "answered":
      return outcome.by;
    case "cancelled":
      return outcome.while;
    case "refused":
      return outcome.at;
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
