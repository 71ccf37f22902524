import assert from "node:assert/strict";
import { it } from "node:test";

/** What an arrow does: the state it leads to, then what the probe saw. */
export type Walked = readonly [state: string, ...happened: string[]];

export interface FigureWalk<State extends string, Event extends string> {
  readonly figure: Readonly<Record<State, object>>;
  readonly events: readonly Event[];
  /** Puts a fresh machine into the state, raises the event, and tells what came of it. */
  readonly take: (state: State, event: Event) => Walked;
  /** For every arrow that is drawn: what it must do. */
  readonly expected: Readonly<Record<State, Readonly<Partial<Record<Event, Walked>>>>>;
}

/** Walks every state with every event: arrows do what is expected of them, and where none is drawn nothing happens. */
export function walkFigure<State extends string, Event extends string>(walk: FigureWalk<State, Event>): void {
  for (const state of Object.keys(walk.figure) as State[]) {
    const drawn: object = walk.figure[state];
    for (const event of walk.events) {
      const expected = walk.expected[state][event];
      it(`${state}: ${event} ${expected === undefined ? "changes nothing" : `leads to ${expected[0]}`}`, () => {
        assert.equal(event in drawn, expected !== undefined, "figure and test draw the same arrows");
        assert.deepEqual(walk.take(state, event), expected ?? [state, `ignores ${event}`]);
      });
    }
    it(`${state}: no other arrow is drawn`, () => {
      const unknown = Object.keys(drawn).filter(
        (event) => !(walk.events as readonly string[]).includes(event),
      );
      assert.deepEqual(unknown, []);
    });
  }
}
