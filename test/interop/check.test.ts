/** The check against Kamailio, with the failure route that follows a 302 and without: it finds which, and calls go by it. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Office } from "./office.ts";

interface Finding {
  readonly id: string;
  readonly verdict: string;
  readonly seen: readonly string[];
}

interface Check {
  readonly state: string;
  readonly findings: readonly Finding[];
}

const path = "/api/pbxs/hq/check";

/** A profile that knows nothing of the PBX: what follows is the check's own finding. */
const options = {
  profile: "generic",
  lines: { "101": "refusing", "102": "refusing", "103": "refusing" },
  phones: ["201"],
} as const;

async function check(office: Office): Promise<ReadonlyMap<string, Finding>> {
  const started = await office.divert.ask("POST", path, { ringSeconds: 0 });
  assert.equal(started.status, 202, JSON.stringify(started.body));
  let latest: Check | undefined;
  await office.divert.until(async () => {
    const { body } = await office.divert.ask("GET", path);
    ({ check: latest } = body as { check: Check });
    return latest.state === "done";
  });
  // What was found is kept a moment after the last step.
  await office.divert.until(async () => {
    const { body } = await office.divert.ask("GET", path);
    return (body as { known: readonly unknown[] }).known.length > 0;
  });
  return new Map((latest?.findings ?? []).map((finding) => [finding.id, finding]));
}

function verdicts(findings: ReadonlyMap<string, Finding>): Record<string, string> {
  return Object.fromEntries([...findings].map(([id, { verdict }]) => [id, verdict]));
}

describe("the check of a Kamailio", { concurrency: true }, () => {
  test("that follows a 302", async () => {
    const office = await Office.open(options);
    try {
      const findings = await check(office);
      assert.deepEqual(verdicts(findings), {
        registration: "yes",
        addressTranslation: "no",
        options: "yes",
        delivery: "yes",
        pbxForwarding: "no",
        callerNaming: "yes",
        redirect: "yes",
        redirectedCaller: "yes",
        redirectAfterRinging: "yes",
        secondCall: "yes",
        secondChannel: "yes",
        outsideCaller: "unknown",
      });
      assert.match(
        findings.get("redirectedCaller")?.seen.join("\n") ?? "",
        /Diversion: <sip:\d+@pbx\.example>;reason=unconditional/,
      );
      await office.divert.forward("102", "always/all", "201");
      const call = await office.callFromInside("102");
      assert.equal(call.answeredBy, "201");
      assert.ok(!call.statuses.includes(181));
    } finally {
      await office.close();
    }
  });

  test("that passes a 302 on to the caller: calls are relayed from then on", async () => {
    const office = await Office.open({ ...options, followsRedirect: false });
    try {
      await office.divert.forward("102", "always/all", "201");
      assert.equal((await office.callFromInside("102")).finalStatus, 302);
      const findings = await check(office);
      assert.equal(findings.get("redirect")?.verdict, "no");
      assert.ok(findings.get("redirect")?.seen.includes("The caller heard 302."));
      assert.equal(findings.get("redirectAfterRinging")?.verdict, "unknown");
      const call = await office.callFromInside("102");
      assert.equal(call.finalStatus, 200);
      assert.ok(call.statuses.includes(181));
      assert.equal((await office.callsAt("201")).length, 1);
    } finally {
      await office.close();
    }
  });
});
