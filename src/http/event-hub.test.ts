import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { EventHub, type StoredEvent } from "./event-hub.ts";

test("a listener is told what happens from now on, once, until it closes", () => {
  const hub = new EventHub({ run: "a1" });
  hub.publish("call", { line: "101" }, "101");
  const told: StoredEvent[] = [];
  const subscription = hub.subscribe(undefined, (event) => void told.push(event));
  assert.deepEqual(subscription.missed, []);
  hub.publish("line", { line: "102", text: "a\r\nb" }, "102");
  subscription.close();
  subscription.close();
  hub.publish("line", {}, "102");
  assert.equal(told.length, 1);
  assert.equal(told[0]?.frame, 'id: a1-2\nevent: line\ndata: {"line":"102","text":"a\\r\\nb"}\n\n');
  assert.equal(hub.listenerCount, 0);
});

test("who comes back is told exactly what was missed, or to read afresh when that is no longer kept", () => {
  fc.assert(
    fc.property(fc.nat(60), fc.nat(60), fc.integer({ min: 1, max: 20 }), (published, seen, capacity) => {
      const hub = new EventHub({ run: "r", capacity });
      for (let number = 1; number <= published; number++) hub.publish("call", number);
      const { missed } = hub.subscribe(`r-${seen}`, () => {});
      if (seen <= published && published - seen <= capacity) {
        assert.deepEqual(
          missed.map(({ id }) => id),
          Array.from({ length: published - seen }, (_, index) => `r-${seen + index + 1}`),
        );
      } else {
        assert.deepEqual(
          missed.map(({ type }) => type),
          ["reset"],
        );
      }
    }),
  );
});

test("an id of another run or of nobody's making means: read afresh", () => {
  const hub = new EventHub({ run: "new" });
  hub.publish("call", 1);
  for (const id of ["old-1", "", "new-", "new-1e3", "new-99999999999999999999", "new--1"]) {
    assert.deepEqual(
      hub.subscribe(id, () => {}).missed.map(({ type }) => type),
      ["reset"],
    );
  }
});
