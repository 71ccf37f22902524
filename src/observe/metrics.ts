/** What Prometheus reads at /metrics. Every name begins with `divert_`, apart from those of the process itself. */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "@prometheus-io/client";

/** One reading of a gauge: labels in the order in which they were named. */
export interface Reading {
  readonly labels: readonly string[];
  readonly value: number;
}

export class Metrics {
  readonly #registry = new Registry();
  readonly #calls: Counter<"action" | "when" | "callers">;
  readonly #ended: Counter<"end" | "side">;
  readonly #dropped: Counter<"reason">;
  readonly #bans: Counter;
  readonly #limits: Counter;
  readonly #requests: Histogram<"method" | "route" | "status">;

  constructor() {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    this.#calls = new Counter({
      name: "divert_calls_total",
      help: "Calls that have ended or left Divert's hands, by what was decided of them last and by the rule that did it.",
      labelNames: ["action", "when", "callers"],
      registers,
    });
    this.#ended = new Counter({
      name: "divert_calls_ended_total",
      help: "Calls that have ended or left Divert's hands, by how and by whose side that lies on.",
      labelNames: ["end", "side"],
      registers,
    });
    this.#dropped = new Counter({
      name: "divert_sip_dropped_total",
      help: "SIP messages that were refused or dropped, by reason.",
      labelNames: ["reason"],
      registers,
    });
    this.#limits = new Counter({
      name: "divert_forwarding_limits_total",
      help: "Alarms that the forwardings of a line have reached a limit.",
      registers,
    });
    this.#bans = new Counter({
      name: "divert_phone_bans_total",
      help: "Bans for guessing the passwords of phones.",
      registers,
    });
    this.#requests = new Histogram({
      name: "divert_http_request_seconds",
      help: "Time that HTTP requests took.",
      labelNames: ["method", "route", "status"],
      buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
      registers,
    });
  }

  /** Content type of what `text` returns. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Once for each call. `when` and `callers` of the rule that decided last; absent where none did. */
  countCall(call: { readonly action: string; readonly when?: string; readonly callers?: string }): void {
    this.#calls.inc({ action: call.action, when: call.when ?? "none", callers: call.callers ?? "none" });
  }

  /** `end` and `side` are words of the calls' own small list. */
  countEnd(end: string, side: string): void {
    this.#ended.inc({ end, side });
  }

  /** `reason` is one of a few words, never text that a peer chose. */
  countDropped(reason: string): void {
    this.#dropped.inc({ reason });
  }

  /** A line's forwardings have reached a limit. */
  countLimit(): void {
    this.#limits.inc();
  }

  /** Somebody was banned for guessing the passwords of phones. */
  countBan(): void {
    this.#bans.inc();
  }

  /** `route` is the route's pattern, not the path that was asked for: the number of series stays bounded. */
  observeRequest(method: string, route: string, status: number, seconds: number): void {
    this.#requests.observe({ method, route, status: String(status) }, seconds);
  }

  /** Adds a gauge that is read afresh whenever somebody looks. `read` must be quick. */
  watch(name: string, help: string, labelNames: readonly string[], read: () => Iterable<Reading>): void {
    new Gauge({
      name,
      help,
      labelNames: [...labelNames],
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const reading of read()) this.labels(...reading.labels).set(reading.value);
      },
    });
  }

  /** All of it in Prometheus' text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }
}
