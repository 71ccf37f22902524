import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { HourlyCount } from "./hourly-count.ts";

const minuteMs = 60_000;

describe("what happened within the last hour", () => {
  it("is counted for each by itself, and forgotten after the hour", () => {
    const count = new HourlyCount();
    count.note("101", 0);
    count.note("101", 30 * minuteMs);
    count.note("102", 30 * minuteMs);
    assert.deepEqual(
      [count.withinHour("101", 31 * minuteMs), count.withinHour("102", 31 * minuteMs)],
      [2, 1],
    );
    assert.equal(count.withinHour("101", 61 * minuteMs), 1);
    assert.equal(count.withinHour("101", 24 * 60 * minuteMs), 0);
    assert.equal(count.withinHour("103", 0), 0);
  });

  it("is never less than of the last 55 minutes, and never more than of the last 60", () => {
    const steps = fc.array(fc.nat({ max: 20 * minuteMs }), { maxLength: 40 });
    fc.assert(
      fc.property(steps, (gaps) => {
        const count = new HourlyCount();
        const times: number[] = [];
        let now = 0;
        for (const gap of gaps) {
          now += gap;
          count.note("101", now);
          times.push(now);
        }
        const since = (minutes: number) => times.filter((time) => time > now - minutes * minuteMs).length;
        const told = count.withinHour("101", now);
        assert.ok(since(55) <= told && told <= since(60), `${since(55)} ${told} ${since(60)}`);
      }),
    );
  });
});
