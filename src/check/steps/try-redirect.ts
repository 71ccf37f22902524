/** Does the PBX carry a call on that its line answers with a 302: at once, and once it has rung? */
import type { Fact } from "../../pbx/finding.ts";
import type { ArrivedTestCall } from "../arrived-test-call.ts";
import type { Cast, Found, Known } from "../cast.ts";
import { answerMs, arrivalMs } from "../cast.ts";
import type { TestBench } from "../test-bench.ts";
import { header } from "./try-delivery.ts";

/** A caller has heard it ring by then, where the PBX tells. */
const ringingMs = 1_000;

export async function tryRedirect(bench: TestBench, cast: Cast, known: Known): Promise<readonly Found[]> {
  const tried = await redirectOnce(bench, cast, known, false);
  const redirect: Found = { id: "redirect", verdict: tried.verdict, seen: tried.seen };
  if (tried.carriedOn === undefined) return [redirect];
  return [redirect, redirectedCaller(tried.carriedOn, cast)];
}

export async function tryRedirectAfterRinging(
  bench: TestBench,
  cast: Cast,
  known: Known,
): Promise<readonly Found[]> {
  if (known.get("redirect")?.verdict !== "yes") {
    return [
      {
        id: "redirectAfterRinging",
        verdict: "unknown",
        seen: [{ code: "notTried", because: "redirectNotFollowed" }],
      },
    ];
  }
  const { verdict, seen } = await redirectOnce(bench, cast, known, true);
  return [{ id: "redirectAfterRinging", verdict, seen }];
}

interface Tried {
  readonly verdict: Found["verdict"];
  readonly seen: readonly Fact[];
  /** The call as it came to the target. */
  readonly carriedOn?: ArrivedTestCall;
}

async function redirectOnce(bench: TestBench, cast: Cast, known: Known, hasRung: boolean): Promise<Tried> {
  const { caller, callee, target } = cast;
  if (known.get("delivery")?.verdict !== "yes") {
    return { verdict: "unknown", seen: [{ code: "notTried", because: "notDelivered" }] };
  }
  const call = bench.place(caller, callee.configuration.extension);
  const seen: Fact[] = [{ code: "called", from: caller.id, to: callee.id }];
  const arrived = await bench.arrival(call, callee, arrivalMs);
  if (arrived === undefined) {
    seen.push(
      { code: "notArrived", line: callee.id, withinMs: arrivalMs },
      { code: "callerHeard", statuses: call.statuses },
    );
    return { verdict: "unknown", seen };
  }
  if (hasRung) {
    arrived.ring();
    await call.over(ringingMs);
  }
  const { extension } = target.configuration;
  arrived.redirect({ kind: "extension", canonical: extension, contactUser: extension });
  seen.push({ code: "redirected", line: callee.id, to: target.id });
  const carriedOn = await bench.arrival(call, target, arrivalMs, callee);
  if (carriedOn === undefined) {
    await call.over(answerMs);
    seen.push(
      { code: "notArrived", line: target.id, withinMs: arrivalMs },
      { code: "callerHeard", statuses: call.statuses },
    );
    bench.clear();
    return { verdict: (await isReached(bench, cast, seen)) ? "no" : "unknown", seen };
  }
  seen.push({ code: "arrived", line: target.id, afterMs: carriedOn.afterMs });
  carriedOn.answer();
  await call.over(answerMs);
  seen.push({ code: "callerHeard", statuses: call.statuses });
  return { verdict: call.state.kind === "answered" ? "yes" : "no", seen, carriedOn };
}

/** Only a target that calls do reach can tell that a 302 was not followed. */
async function isReached(bench: TestBench, { callee, target }: Cast, seen: Fact[]): Promise<boolean> {
  const direct = bench.place(callee, target.configuration.extension);
  const arrived = await bench.arrival(direct, target, arrivalMs);
  seen.push({ code: "called", from: callee.id, to: target.id });
  if (arrived !== undefined) seen.push({ code: "arrived", line: target.id, afterMs: arrived.afterMs });
  else seen.push({ code: "notArrived", line: target.id, withinMs: arrivalMs });
  return arrived !== undefined;
}

/** Whether the target learns who calls, and who sent the call on. */
function redirectedCaller({ request, incoming, at }: ArrivedTestCall, { caller }: Cast): Found {
  const names = [caller.configuration.extension, caller.configuration.username];
  const isKept = names.some((name) => at.setup.plan.canonical(name).key === incoming.facts.caller.identity);
  const shown = ["From", "P-Asserted-Identity", "Diversion", "History-Info"].map((name): Fact => {
    const value = request.headers.get(name);
    return value === undefined ? { code: "headerMissing", name } : header(name, value);
  });
  const { class: callerClass, identity } = incoming.caller;
  return {
    id: "redirectedCaller",
    verdict: isKept ? "yes" : "no",
    seen: [...shown, { code: "readAs", caller: callerClass, identity }],
  };
}
