/**
 * State machines written as the figures they come from: `state -> event -> arrow`. A figure is data; it can be held
 * against the RFC, walked by a test and drawn. One `Machine` runs one figure for one subject.
 */

/** A plain function: its name is what the drawing says. */
export type Action<Subject, Input> = (subject: Subject, input: Input) => void;

export interface Arrow<State extends string, Subject, Input> {
  readonly to: State;
  readonly actions: readonly Action<Subject, Input>[];
}

/**
 * Every state has a row. `Inputs` names the events and says what comes with each (`undefined`: nothing), so that an
 * action can stand only where its input arrives. What has no arrow is not expected in that state.
 */
export type Figure<State extends string, Inputs, Subject> = {
  readonly [S in State]: { readonly [Event in keyof Inputs]?: Arrow<State, Subject, Inputs[Event]> };
};

/** An arrow to `state`; the actions run in the order in which they stand. */
export function to<State extends string, Subject, Input>(
  state: State,
  ...actions: readonly Action<Subject, Input>[]
): Arrow<State, Subject, Input> {
  return { to: state, actions };
}

/** Who wants to know how a machine fares. */
export interface MachineObserver<State extends string> {
  /** The machine went from one state to another, and the arrow's actions have run. */
  entered(state: State): void;
  /** The figure has no arrow for this event: nothing has changed. */
  ignored(state: State, event: string): void;
}

/** Runs a figure. An arrow runs to its end: an event that one of its actions raises waits until then. */
export class Machine<State extends string, Inputs, Subject> {
  readonly #figure: Figure<State, Inputs, Subject>;
  readonly #subject: Subject;
  readonly #observer: MachineObserver<State>;
  #state: State;
  #isBusy = false;
  #waiting: (() => void)[] | undefined;

  constructor(
    figure: Figure<State, Inputs, Subject>,
    initial: State,
    subject: Subject,
    observer: MachineObserver<State>,
  ) {
    this.#figure = figure;
    this.#state = initial;
    this.#subject = subject;
    this.#observer = observer;
  }

  get state(): State {
    return this.#state;
  }

  /** Whether this event leads anywhere from here. */
  expects(event: keyof Inputs): boolean {
    return this.#figure[this.#state][event] !== undefined;
  }

  /**
   * Takes the arrow for `event`, if there is one, and answers whether there was. Within an action the event is queued
   * and the answer is true.
   */
  handle<Event extends keyof Inputs & string>(event: Event, input: Inputs[Event]): boolean {
    if (this.#isBusy) {
      (this.#waiting ??= []).push(() => this.#step(event, input));
      return true;
    }
    this.#isBusy = true;
    try {
      const moved = this.#step(event, input);
      if (this.#waiting !== undefined) runAll(this.#waiting);
      return moved;
    } finally {
      this.#isBusy = false;
      this.#waiting = undefined;
    }
  }

  #step<Event extends keyof Inputs & string>(event: Event, input: Inputs[Event]): boolean {
    const before = this.#state;
    const arrow = this.#figure[before][event];
    if (arrow === undefined) {
      this.#observer.ignored(before, event);
      return false;
    }
    this.#state = arrow.to;
    for (const action of arrow.actions) action(this.#subject, input);
    if (arrow.to !== before) this.#observer.entered(arrow.to);
    return true;
  }
}

/** What is added meanwhile is run too. */
function runAll(waiting: readonly (() => void)[]): void {
  for (const run of waiting) run();
}
