/** How does a caller from outside look? That takes a call from outside, which only people can make. */
import type { Fact } from "../../pbx/finding.ts";
import type { Cast, Found } from "../cast.ts";
import { arrivalMs } from "../cast.ts";
import type { OthersCall, TestBench } from "../test-bench.ts";
import { header } from "./try-delivery.ts";

/** `wait`: somebody has been asked to call. `dial`: a number that leads out over the trunk and back to the line. */
export type OutsideCall = { readonly waitSeconds: number } | { readonly dial: string };

export async function awaitOutsideCall(
  bench: TestBench,
  { caller, callee }: Cast,
  how: OutsideCall | undefined,
): Promise<readonly Found[]> {
  if (how === undefined) return [unknown([{ code: "notTried", because: "notAsked" }])];
  if ("dial" in how) return [await dialOutAndIn(bench, { caller, callee, number: how.dial })];
  const seen = await bench.othersCall(callee, how.waitSeconds * 1000);
  if (seen === undefined) {
    return [unknown([{ code: "waitedForCall", line: callee.id, seconds: how.waitSeconds }])];
  }
  return [judge(seen, [])];
}

async function dialOutAndIn(
  bench: TestBench,
  { caller, callee, number }: Pick<Cast, "caller" | "callee"> & { readonly number: string },
): Promise<Found> {
  const others = bench.othersCall(callee, arrivalMs);
  const call = bench.place(caller, number);
  const arrived = await Promise.race([bench.arrival(call, callee, arrivalMs), others]);
  const seen: Fact[] = [{ code: "called", from: caller.id, to: number }];
  if (arrived !== undefined) return judge(arrived, seen);
  return unknown([...seen, { code: "callerHeard", statuses: call.statuses }]);
}

function judge({ incoming, request }: OthersCall, before: readonly Fact[]): Found {
  const { class: callerClass, identity, isPrivate } = { isPrivate: false, ...incoming.caller };
  const shown = isPrivate ? [] : [header("From", request.headers.get("From") ?? "")];
  return {
    id: "outsideCaller",
    verdict: callerClass === "external" ? "yes" : "no",
    seen: [...before, ...shown, { code: "readAs", caller: callerClass, identity }],
  };
}

function unknown(seen: readonly Fact[]): Found {
  return { id: "outsideCaller", verdict: "unknown", seen };
}
