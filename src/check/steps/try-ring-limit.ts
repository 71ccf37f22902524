/** How long does the PBX let a line ring? */
import type { Fact } from "../../pbx/finding.ts";
import type { Cast, Found, Known } from "../cast.ts";
import { arrivalMs } from "../cast.ts";
import type { TestBench } from "../test-bench.ts";

export async function tryRingLimit(
  bench: TestBench,
  { caller, callee }: Cast,
  known: Known,
  longestSeconds: number,
): Promise<readonly Found[]> {
  if (known.get("delivery")?.verdict !== "yes") return [untried("notDelivered")];
  const call = bench.place(caller, callee.configuration.extension);
  const seen: Fact[] = [{ code: "called", from: caller.id, to: callee.id }];
  const arrived = await bench.arrival(call, callee, arrivalMs);
  if (arrived === undefined) return [untried("notDelivered")];
  arrived.ring();
  const rangMs = await arrived.cancelled(longestSeconds * 1000);
  if (bench.hasClosed()) return [];
  if (rangMs === undefined) {
    seen.push({ code: "rangFor", seconds: longestSeconds, isOver: false });
    return [{ id: "ringLimit", verdict: "no", seen }];
  }
  const seconds = Math.round(rangMs / 1000);
  seen.push({ code: "rangFor", seconds, isOver: true }, { code: "callerHeard", statuses: call.statuses });
  return [{ id: "ringLimit", verdict: "yes", seconds, seen }];
}

function untried(because: "notDelivered"): Found {
  return { id: "ringLimit", verdict: "unknown", seen: [{ code: "notTried", because }] };
}
