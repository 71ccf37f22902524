import type { Timer } from "../../base/clock.ts";
import { Machine } from "./machine.ts";
import type { Arrow, Figure, MachineObserver } from "./machine.ts";
import { firstDelayMs } from "./timers.ts";
import type { TimerOf } from "./timers.ts";
import type { Transaction, TransactionHost } from "./transaction-host.ts";

/**
 * A machine with the timers of one transaction. How long a timer lives is said by the figure alone: one that has no
 * arrow in the state just entered is stopped. In `terminated` nothing runs any more, and the host is told once.
 */
export class TransactionMachine<
  State extends string,
  Inputs,
  Subject extends Transaction,
> implements MachineObserver<State> {
  readonly #machine: Machine<State, Inputs, Subject>;
  readonly #subject: Subject;
  readonly #host: TransactionHost;
  /** By their events; two or three at most. */
  readonly #running: { readonly event: keyof Inputs & string; readonly timer: Timer }[] = [];

  constructor(
    figure: Figure<State, Inputs, Subject>,
    initial: State,
    subject: Subject,
    host: TransactionHost,
  ) {
    this.#machine = new Machine(figure, initial, subject, this);
    this.#subject = subject;
    this.#host = host;
  }

  get state(): State {
    return this.#machine.state;
  }

  handle<Event extends keyof Inputs & string>(event: Event, input: Inputs[Event]): boolean {
    return this.#machine.handle(event, input);
  }

  /** Runs the actions of the arrow that leads into the figure. What the user does meanwhile counts at once. */
  begin<Input>(entry: Arrow<State, Subject, Input>, input: Input): void {
    for (const action of entry.actions) action(this.#subject, input);
  }

  /** Starts a timer as the table says for this transport; with `delayMs`, to fire after another time. */
  startTimer(letter: TimerOf<Inputs>, delayMs = firstDelayMs(letter, this.#subject.flow.isReliable)): void {
    if (delayMs === undefined) return;
    const event: string = `timer ${letter}`;
    // That this event is one of Inputs' and brings nothing is what TimerOf says; the compiler cannot follow it here.
    const expired = event as keyof Inputs & string;
    const nothing = undefined as Inputs[keyof Inputs & string];
    if (delayMs === 0) {
      this.#machine.handle(expired, nothing);
      return;
    }
    const timer = this.#host.clock.after(delayMs, () => {
      this.#running.splice(
        this.#running.findIndex((running) => running.timer === timer),
        1,
      );
      this.#machine.handle(expired, nothing);
    });
    this.#running.push({ event: expired, timer });
  }

  stopTimers(): void {
    for (const { timer } of this.#running) timer.cancel();
    this.#running.length = 0;
  }

  entered(state: State): void {
    for (let index = this.#running.length - 1; index >= 0; index--) {
      const running = this.#running[index];
      if (running === undefined || this.#machine.expects(running.event)) continue;
      running.timer.cancel();
      this.#running.splice(index, 1);
    }
    if (state === "terminated") this.#host.ended(this.#subject);
  }

  ignored(_state: State, event: string): void {
    this.#host.ignored(this.#subject, event);
  }
}
