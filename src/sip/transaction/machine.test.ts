import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Machine, to } from "./machine.ts";
import type { Figure } from "./machine.ts";

type State = "closed" | "open" | "broken";

interface Inputs {
  push: number;
  pull: undefined;
  kick: undefined;
}

class Door {
  readonly told: string[] = [];
  readonly machine = new Machine<State, Inputs, Door>(figure, "closed", this, this);

  entered(state: State): void {
    this.told.push(`entered ${state}`);
  }

  ignored(state: State, event: string): void {
    this.told.push(`ignored ${event} in ${state}`);
  }
}

const figure: Figure<State, Inputs, Door> = {
  closed: { push: to("open", creak, note), kick: to("broken", fallShut) },
  open: { push: to("open", note), pull: to("closed") },
  broken: {},
};

function creak(door: Door): void {
  door.told.push("creaks");
}

function note(door: Door, force: number): void {
  door.told.push(`pushed by ${force}`);
}

function fallShut(door: Door): void {
  door.machine.handle("pull", undefined);
  door.told.push("fell");
}

describe("a machine", () => {
  it("goes to the arrow's state and runs its actions in order", () => {
    const door = new Door();
    assert.equal(door.machine.handle("push", 3), true);
    assert.equal(door.machine.state, "open");
    assert.deepEqual(door.told, ["creaks", "pushed by 3", "entered open"]);
  });

  it("tells no entering when an arrow leads back to the same state", () => {
    const door = new Door();
    door.machine.handle("push", 1);
    door.told.length = 0;
    door.machine.handle("push", 2);
    assert.deepEqual(door.told, ["pushed by 2"]);
  });

  it("stays as it is when there is no arrow, and says so", () => {
    const door = new Door();
    assert.equal(door.machine.expects("pull"), false);
    assert.equal(door.machine.handle("pull", undefined), false);
    assert.equal(door.machine.state, "closed");
    assert.deepEqual(door.told, ["ignored pull in closed"]);
  });

  it("lets an event that an action raises wait until the arrow is done", () => {
    const door = new Door();
    assert.equal(door.machine.handle("kick", undefined), true);
    assert.deepEqual(door.told, ["fell", "entered broken", "ignored pull in broken"]);
  });

  it("works on after an action threw", () => {
    const door = new Door();
    const faulty = new Machine<State, Inputs, Door>(
      { ...figure, closed: { push: to("open", throwUp) } },
      "closed",
      door,
      door,
    );
    assert.throws(() => faulty.handle("push", 1), /no hinge/);
    assert.equal(faulty.handle("pull", undefined), true);
    assert.equal(faulty.state, "closed");
  });
});

function throwUp(): void {
  throw new Error("no hinge");
}
