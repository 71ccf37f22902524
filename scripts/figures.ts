/**
 * Draws the state machines as Mermaid diagrams, from the same tables that run: `node scripts/figures.ts` writes
 * docs/sip/figures.md. A test fails when that file is out of date.
 */
import { writeFileSync } from "node:fs";
import * as ownTransfer from "../src/calls/transfer/own-transfer.ts";
import * as replaceLeg from "../src/calls/transfer/replace-leg.ts";
import * as reliableProvisional from "../src/sip/dialog/reliable-provisional.ts";
import * as sessionTimer from "../src/sip/dialog/session-timer.ts";
import * as registration from "../src/sip/registration/registration-figure.ts";
import type { Arrow } from "../src/sip/transaction/machine.ts";
import * as inviteClient from "../src/sip/transaction/invite-client.ts";
import * as inviteServer from "../src/sip/transaction/invite-server.ts";
import * as nonInviteClient from "../src/sip/transaction/non-invite-client.ts";
import * as nonInviteServer from "../src/sip/transaction/non-invite-server.ts";
import { timers } from "../src/sip/transaction/timers.ts";
import type { TimerRow } from "../src/sip/transaction/timers.ts";

/** What is drawn of an arrow; subjects and inputs differ from figure to figure. */
type AnyArrow = Pick<Arrow<string, never, never>, "to" | "actions">;
type AnyFigure = Readonly<Record<string, Readonly<Record<string, AnyArrow>>>>;

interface Drawing {
  readonly title: string;
  readonly file: string;
  readonly source: string;
  /** Absent: it begins in the first state without further ado. */
  readonly entry?: AnyArrow;
  readonly figure: AnyFigure;
}

const drawings: readonly Drawing[] = [
  {
    title: "INVITE client transaction",
    file: "src/sip/transaction/invite-client.ts",
    source: "RFC 3261 §17.1.1, figure 5, with RFC 6026 §7.2 and the CANCEL of RFC 3261 §9.1",
    ...inviteClient,
  },
  {
    title: "Non-INVITE client transaction",
    file: "src/sip/transaction/non-invite-client.ts",
    source: "RFC 3261 §17.1.2, figure 6",
    ...nonInviteClient,
  },
  {
    title: "INVITE server transaction",
    file: "src/sip/transaction/invite-server.ts",
    source: "RFC 3261 §17.2.1, figure 7, with RFC 6026 §7.1",
    ...inviteServer,
  },
  {
    title: "Non-INVITE server transaction",
    file: "src/sip/transaction/non-invite-server.ts",
    source: "RFC 3261 §17.2.2, figure 8, with RFC 4320 §4.2",
    ...nonInviteServer,
  },
  {
    title: "Registration",
    file: "src/sip/registration/registration-figure.ts",
    source: "RFC 3261 §10.2, with the back-off of RFC 5626 §4.5",
    figure: registration.figure,
  },
  {
    title: "Reliable provisional response",
    file: "src/sip/dialog/reliable-provisional.ts",
    source: "RFC 3262 §3, as whoever is called sends it",
    figure: reliableProvisional.figure,
  },
  {
    title: "Session timer",
    file: "src/sip/dialog/session-timer.ts",
    source: "RFC 4028 §8.3, §10, as an element sees it that passes the refreshes of the two ends on",
    figure: sessionTimer.figure,
  },
  {
    title: "Divert's own transfer",
    file: "src/calls/transfer/own-transfer.ts",
    source: "RFC 5589 §6, §7 and RFC 3725 §4, as the element between sees it",
    figure: ownTransfer.figure,
  },
  {
    title: "Taking a call over",
    file: "src/calls/transfer/replace-leg.ts",
    source: "RFC 3891 §3",
    figure: replaceLeg.figure,
  },
];

/** The whole page. */
export function renderFigures(): string {
  const parts = [
    "# State machines",
    "Drawn from the tables that run, by `node scripts/figures.ts`. An arrow says: event / actions. What has no arrow " +
      "changes nothing. A timer that has no arrow in a state is stopped on the way into it.",
    ...drawings.flatMap(({ title, file, source, entry, figure }) => [
      `## ${title}`,
      `${source}. Table: \`${file}\`.`,
      renderDiagram(entry, figure),
    ]),
    "## Timers",
    "Time until a timer first fires. Table: `src/sip/transaction/timers.ts`.",
    renderTimers(),
  ];
  return parts.join("\n\n") + "\n";
}

function renderDiagram(entry: AnyArrow | undefined, figure: AnyFigure): string {
  const [first = ""] = Object.keys(figure);
  const lines = [
    entry === undefined ? `  [*] --> ${first}` : `  [*] --> ${entry.to}: ${describe("", entry)}`,
  ];
  for (const [from, row] of Object.entries(figure)) {
    // Arrows between the same two states are drawn as one, or the labels would lie upon each other.
    const labels = new Map<string, string[]>();
    for (const [event, arrow] of Object.entries(row)) {
      labels.set(arrow.to, [...(labels.get(arrow.to) ?? []), describe(event, arrow)]);
    }
    for (const [to, texts] of labels) lines.push(`  ${from} --> ${to}: ${texts.join("<br/>")}`);
    if (labels.size === 0) lines.push(`  ${from} --> [*]`);
  }
  return ["```mermaid", "stateDiagram-v2", ...lines, "```"].join("\n");
}

function describe(event: string, { actions }: AnyArrow): string {
  const acts = actions.map((action) => words(action.name)).join(", ");
  return `${event} / ${acts || "nothing"}`.trim();
}

/** `restartTimerEWithT2` reads "restart timer E with T2". */
function words(name: string): string {
  return name
    .split(/(?<=[a-z])(?=[A-Z0-9])|(?<=[A-Z])(?=[A-Z][a-z])/)
    .map((word) => (/^[A-Z][a-z]/.test(word) ? word.toLowerCase() : word))
    .join(" ");
}

function renderTimers(): string {
  const rows = Object.entries<TimerRow>(timers).map(([letter, row]) => [
    letter,
    delay(row.unreliable),
    delay(row.reliable),
    row.guards,
  ]);
  const table = [["timer", "UDP", "connection", "guards"], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const lines = table.map(
    (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`,
  );
  lines.splice(1, 0, `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`);
  return lines.join("\n");
}

function delay(milliseconds: number | undefined): string {
  if (milliseconds === undefined) return "never";
  return milliseconds === 0 ? "at once" : `${milliseconds} ms`;
}

if (import.meta.main) writeFileSync(new URL("../docs/sip/figures.md", import.meta.url), renderFigures());
