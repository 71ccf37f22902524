/** Is a line that is in a call offered another, and may it place one beside it? */
import type { Fact } from "../../pbx/finding.ts";
import type { Cast, Found, Known } from "../cast.ts";
import { answerMs, arrivalMs } from "../cast.ts";
import type { TestBench } from "../test-bench.ts";

export async function trySecondCall(bench: TestBench, cast: Cast, known: Known): Promise<readonly Found[]> {
  const { caller, callee, target } = cast;
  if (known.get("delivery")?.verdict !== "yes") return untried("notDelivered");
  const first = bench.place(caller, callee.configuration.extension);
  const seen: Fact[] = [{ code: "called", from: caller.id, to: callee.id }];
  const taken = await bench.arrival(first, callee, arrivalMs);
  taken?.answer();
  await first.over(answerMs);
  if (taken === undefined || first.state.kind !== "answered") return untried("notDelivered");
  seen.push({ code: "stillUp", line: callee.id });

  const secondCall = await offerSecond(bench, cast, seen);
  if (target === caller) {
    return [
      secondCall,
      { id: "secondChannel", verdict: "unknown", seen: [{ code: "notTried", because: "noThirdLine" }] },
    ];
  }
  return [secondCall, await placeSecond(bench, cast, seen)];
}

/** With two lines the caller itself calls again: a PBX that allows its lines one call each refuses that too. */
async function offerSecond(
  bench: TestBench,
  { callee, target }: Cast,
  before: readonly Fact[],
): Promise<Found> {
  const second = bench.place(target, callee.configuration.extension);
  const seen: Fact[] = [...before, { code: "called", from: target.id, to: callee.id }];
  const offered = await bench.arrival(second, callee, arrivalMs);
  if (offered === undefined) {
    await second.over(answerMs);
    seen.push(
      { code: "notArrived", line: callee.id, withinMs: arrivalMs },
      { code: "callerHeard", statuses: second.statuses },
    );
    return { id: "secondCall", verdict: second.finalStatus === undefined ? "unknown" : "no", seen };
  }
  seen.push({ code: "arrived", line: callee.id, afterMs: offered.afterMs });
  offered.end();
  await second.over(answerMs);
  seen.push({ code: "callerHeard", statuses: second.statuses });
  return { id: "secondCall", verdict: "yes", seen };
}

/** What a relayed call needs: a call of the line's own beside the one that came. */
async function placeSecond(
  bench: TestBench,
  { callee, target }: Cast,
  before: readonly Fact[],
): Promise<Found> {
  const own = bench.place(callee, target.configuration.extension);
  const seen: Fact[] = [...before, { code: "called", from: callee.id, to: target.id }];
  const arrived = await bench.arrival(own, target, arrivalMs);
  if (arrived === undefined) {
    await own.over(answerMs);
    seen.push(
      { code: "notArrived", line: target.id, withinMs: arrivalMs },
      { code: "callerHeard", statuses: own.statuses },
    );
    return { id: "secondChannel", verdict: own.finalStatus === undefined ? "unknown" : "no", seen };
  }
  seen.push({ code: "arrived", line: target.id, afterMs: arrived.afterMs });
  return { id: "secondChannel", verdict: "yes", seen };
}

function untried(because: "notDelivered"): readonly Found[] {
  const seen: Fact[] = [{ code: "notTried", because }];
  return [
    { id: "secondCall", verdict: "unknown", seen },
    { id: "secondChannel", verdict: "unknown", seen },
  ];
}
