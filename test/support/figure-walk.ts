import assert from "node:assert/strict";
import { it } from "node:test";
import fc from "fast-check";
import type { TransactionProbe } from "./transaction-probe.ts";

/** What an arrow does: the state it leads to, then what the probe saw. */
export type Walked = readonly [state: string, ...happened: string[]];

export interface FigureWalk<
  State extends string,
  Event extends string,
  Subject extends { readonly state: State },
> {
  readonly figure: Readonly<Record<State, object>>;
  readonly begin: (protocol: "UDP" | "TCP") => {
    readonly transaction: Subject;
    readonly probe: TransactionProbe;
  };
  /** One event of each kind, as the network, the user or a timer would raise it. */
  readonly raise: Readonly<Record<Event, (transaction: Subject, probe: TransactionProbe) => unknown>>;
  readonly wayTo: Readonly<Record<State, readonly Event[]>>;
  /** For every arrow that is drawn: what it must do, over UDP. */
  readonly expected: Readonly<Record<State, Readonly<Partial<Record<Event, Walked>>>>>;
}

/**
 * Walks every state with every event: arrows do what is expected of them, and where none is drawn nothing happens. Then
 * takes ways at random, and looks at what holds on all of them.
 */
export function walkFigure<
  State extends string,
  Event extends string,
  Subject extends { readonly state: State },
>(walk: FigureWalk<State, Event, Subject>): void {
  const events = Object.keys(walk.raise) as Event[];
  for (const state of Object.keys(walk.figure) as State[]) {
    const drawn: object = walk.figure[state];
    for (const event of events) {
      const expected = walk.expected[state][event];
      it(`${state}: ${event} ${expected === undefined ? "changes nothing" : `leads to ${expected[0]}`}`, () => {
        const { transaction, probe } = walk.begin("UDP");
        for (const step of walk.wayTo[state]) walk.raise[step](transaction, probe);
        assert.equal(transaction.state, state);
        probe.log.length = 0;
        walk.raise[event](transaction, probe);
        assert.equal(event in drawn, expected !== undefined, "figure and test draw the same arrows");
        assert.deepEqual([transaction.state, ...probe.log], expected ?? [state, `ignores ${event}`]);
      });
    }
    it(`${state}: no other arrow is drawn`, () => {
      const unknown = Object.keys(drawn).filter((event) => !events.some((known) => known === event));
      assert.deepEqual(unknown, []);
    });
  }

  it("ends once, and has no timer left then, whatever happens in whatever order", () => {
    const way = fc.array(fc.constantFrom(...events), { maxLength: 12 });
    fc.assert(
      fc.property(fc.constantFrom("UDP" as const, "TCP" as const), way, (protocol, steps) => {
        const { transaction, probe } = walk.begin(protocol);
        for (const step of steps) walk.raise[step](transaction, probe);
        const isOver = transaction.state === "terminated";
        assert.equal(probe.log.filter((line) => line === "ended").length, isOver ? 1 : 0);
        if (isOver) assert.equal(probe.fakeClock.pending, 0);
      }),
    );
  });
}
