import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { StopSignals } from "./stop-signals.ts";

function program() {
  const clock = new FakeClock();
  const process = new EventEmitter();
  const exits: number[] = [];
  const stopping = new StopSignals(clock, process, (status) => exits.push(status));
  return { clock, process, exits, stopping };
}

test("the first signal asks to stop, a later one ends the program at once", async () => {
  const { clock, process, exits, stopping } = program();
  process.emit("SIGTERM");
  await stopping.first;
  assert.deepEqual(exits, []);
  clock.advance(2000);
  process.emit("SIGINT");
  assert.deepEqual(exits, [130]);
});

test("Ctrl-C that npm passes on besides is one wish, not two", async () => {
  const { clock, process, exits, stopping } = program();
  process.emit("SIGINT");
  clock.advance(20);
  process.emit("SIGINT");
  await stopping.first;
  assert.deepEqual(exits, []);
});

test("once closed it holds on to no signal", () => {
  const { process, stopping } = program();
  stopping.close();
  assert.deepEqual(process.eventNames(), []);
});

test("SIGHUP asks for something else where that was said, and stops the program where it was not", async () => {
  const { process, exits, stopping } = program();
  let hangUps = 0;
  stopping.onHangUp = () => hangUps++;
  process.emit("SIGHUP");
  process.emit("SIGHUP");
  assert.equal(hangUps, 2);
  stopping.onHangUp = undefined;
  process.emit("SIGHUP");
  await stopping.first;
  assert.deepEqual(exits, []);
});
