/** Are the lines registered, for how long, and does the PBX see us where we are? Nothing is sent for it. */
import type { Line } from "../../lines/line.ts";
import type { PbxView } from "../../lines/pbx-link.ts";
import type { Fact } from "../../pbx/finding.ts";
import type { Cast, Found } from "../cast.ts";

export function lookAtRegistration(
  { caller, callee, target }: Cast,
  askedSeconds: number,
  view: PbxView | undefined,
): readonly Found[] {
  const lines = [...new Set([caller, callee, target])];
  const facts = lines.map((line) => factOf(line, askedSeconds));
  const isRegistered = facts.every(({ code }) => code === "registered");
  const shortest = Math.min(...lines.map(({ registration }) => registration.grantedSeconds ?? Infinity));
  const registration: Found = {
    id: "registration",
    verdict: isRegistered ? "yes" : "no",
    ...(Number.isFinite(shortest) && { seconds: shortest }),
    seen: isRegistered ? [...facts, digestOf(caller)] : facts,
  };
  return isRegistered ? [registration, addressTranslation(view)] : [registration];
}

function factOf({ id, registration }: Line, askedSeconds: number): Fact {
  const { state, grantedSeconds, failure } = registration;
  if (state === "registered") {
    return {
      code: "registered",
      line: id,
      askedSeconds,
      ...(grantedSeconds !== undefined && { forSeconds: grantedSeconds }),
    };
  }
  return { code: "notRegistered", line: id, ...(failure !== undefined && { reason: failure.detail }) };
}

function digestOf({ digest }: Line): Fact {
  return digest === undefined ? { code: "noDigest" } : { code: "digest", ...digest };
}

/** RFC 3581 §4: the registrar says from where our request came. */
function addressTranslation(view: PbxView | undefined): Found {
  const seenAt = view?.seenAt;
  if (seenAt === undefined) return { id: "addressTranslation", verdict: "no", seen: [] };
  return {
    id: "addressTranslation",
    verdict: "yes",
    seen: [{ code: "seenAt", host: seenAt.host, port: seenAt.port }],
  };
}
