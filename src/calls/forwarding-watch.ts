/** What the forwardings of each line send to outside, against its limits, and the alarm when one is reached. */
import type { Clock } from "../base/clock.ts";
import type { LineGroup } from "../directory/installation.ts";
import { defaultLimits } from "../directory/installation.ts";
import type { OutsideForwardings } from "../forwarding/call-facts.ts";
import type { RuleTarget } from "../forwarding/compile-rules.ts";
import type { Decision } from "../forwarding/decide.ts";
import { HourlyCount } from "../forwarding/hourly-count.ts";
import type { Objection } from "../forwarding/reasons.ts";
import type { Line } from "../lines/line.ts";

/** The limit that a line's forwardings have reached. */
export type ReachedLimit = Extract<Objection, { readonly code: "forwardedTooOften" | "tooManyRelayed" }>;

/** Whoever is to see to it hears of a line once in this time. */
const alarmEveryMs = 3_600_000;

export class ForwardingWatch {
  readonly #clock: Clock;
  readonly #onLimit: (line: Line, limit: ReachedLimit) => void;
  readonly #forwarded = new HourlyCount();
  /** By line: when the last alarm was. */
  readonly #alarms = new Map<string, number>();

  constructor(clock: Clock, onLimit: (line: Line, limit: ReachedLimit) => void) {
    this.#clock = clock;
    this.#onLimit = onLimit;
  }

  /** For a decision. */
  stateOf(
    { id, relayedToOutside }: Pick<Line, "id" | "relayedToOutside">,
    { limits = defaultLimits }: LineGroup,
  ): OutsideForwardings {
    return {
      withinHour: this.#forwarded.withinHour(id, this.#clock.now()),
      perHour: limits.perHour,
      relayed: relayedToOutside,
      relayedAtOnce: limits.relayedAtOnce,
    };
  }

  /** A call was sent on. */
  noteForwarded(line: Line, target: RuleTarget): void {
    if (leadsOutside(target)) this.#forwarded.note(line.id, this.#clock.now());
  }

  /** A call was decided: raises the alarm if a limit stood in the way. */
  noteDecided(line: Line, { reasons }: Decision): void {
    for (const reason of reasons) {
      if (reason.code !== "passedOver") continue;
      const { objection } = reason;
      if (objection.code !== "forwardedTooOften" && objection.code !== "tooManyRelayed") continue;
      const now = this.#clock.now();
      if (now - (this.#alarms.get(line.id) ?? Number.NEGATIVE_INFINITY) < alarmEveryMs) return;
      this.#alarms.set(line.id, now);
      this.#onLimit(line, objection);
      return;
    }
  }
}

/** A call within the PBX costs nothing. */
export function leadsOutside({ kind }: Pick<RuleTarget, "kind">): boolean {
  return kind !== "extension";
}
