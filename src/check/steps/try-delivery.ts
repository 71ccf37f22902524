/** Does a call reach its line at all, and what does it say of its caller? */
import type { Fact } from "../../pbx/finding.ts";
import type { ArrivedTestCall } from "../arrived-test-call.ts";
import type { Cast, Found } from "../cast.ts";
import { answerMs, arrivalMs } from "../cast.ts";
import type { TestBench } from "../test-bench.ts";

/** A value that a PBX writes as long as it likes is shown no longer than this. */
const longestShown = 200;

export async function tryDelivery(bench: TestBench, { caller, callee }: Cast): Promise<readonly Found[]> {
  const call = bench.place(caller, callee.configuration.extension);
  const seen: Fact[] = [{ code: "called", from: caller.id, to: callee.id }];
  const arrived = await bench.arrival(call, callee, arrivalMs);
  if (arrived === undefined) {
    await call.over(answerMs);
    seen.push(
      { code: "notArrived", line: callee.id, withinMs: arrivalMs },
      { code: "callerHeard", statuses: call.statuses },
    );
    const isTakenElsewhere = call.state.kind === "answered" || call.heard.some((status) => status === 181);
    if (isTakenElsewhere) seen.push({ code: "answeredElsewhere", line: callee.id });
    return [
      { id: "delivery", verdict: "no", seen },
      { id: "pbxForwarding", verdict: isTakenElsewhere ? "yes" : "unknown", seen },
    ];
  }
  seen.push({ code: "arrived", line: callee.id, afterMs: arrived.afterMs });
  arrived.ring();
  arrived.answer();
  await call.over(answerMs);
  seen.push({ code: "callerHeard", statuses: call.statuses });
  return [
    { id: "delivery", verdict: call.state.kind === "answered" ? "yes" : "no", seen },
    { id: "pbxForwarding", verdict: "no", seen: seen.slice(0, 2) },
    callerNaming(arrived),
  ];
}

/** Whether a colleague is known for one, by the number that colleagues dial. */
function callerNaming(arrived: ArrivedTestCall): Found {
  const { caller } = arrived.incoming;
  const { request, at } = arrived;
  const seen: Fact[] = at.setup.profile.identityHeaders.flatMap((name): Fact[] => {
    const value = request.headers.get(name);
    return value === undefined ? [{ code: "headerMissing", name }] : [header(name, value)];
  });
  const alert = request.headers.get("Alert-Info");
  if (alert !== undefined) seen.push(header("Alert-Info", alert));
  seen.push({ code: "readAs", caller: caller.class, identity: caller.identity });
  return { id: "callerNaming", verdict: caller.class === "internal" ? "yes" : "no", seen };
}

export function header(name: string, value: string): Fact {
  return { code: "header", name, value: value.slice(0, longestShown) };
}
