/** The check of a PBX, against the practice PBX with each of its faults: what it finds, and what follows from it. */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { practiceSettings } from "../../src/practice/practice-settings.ts";
import { PracticeInstallation } from "../support/practice-installation.ts";

interface Finding {
  readonly id: string;
  readonly verdict: string;
  readonly seconds?: number;
  readonly seen: readonly string[];
  readonly advice?: string;
}

interface Check {
  readonly state: string;
  readonly step?: string;
  readonly lines: readonly string[];
  readonly findings: readonly Finding[];
}

const path = "/pbxs/hq/check";

describe("the check of a PBX", () => {
  let office: PracticeInstallation;

  before(async () => {
    office = await PracticeInstallation.start();
  });

  after(() => office.close());

  beforeEach(() => {
    office.pbx.change({ ...practiceSettings, ringSeconds: 30 });
    for (const extension of ["101", "102", "103"]) office.setExtension(extension, {});
  });

  async function start(wish: object = {}): Promise<Check> {
    const { status, body } = await office.ask("POST", path, { ringSeconds: 0, ...wish });
    assert.equal(status, 202, JSON.stringify(body));
    return body as Check;
  }

  async function latest(): Promise<Check> {
    const { body } = await office.ask("GET", path);
    return (body as { check: Check }).check;
  }

  /** Runs one to its end. */
  async function run(wish: object = {}): Promise<ReadonlyMap<string, Finding>> {
    await start(wish);
    await office.passUntil(() => office.divert.checks.find("hq")?.state.state !== "running");
    const { state, findings } = await latest();
    assert.equal(state, "done");
    return new Map(findings.map((finding) => [finding.id, finding]));
  }

  function verdicts(findings: ReadonlyMap<string, Finding>): Record<string, string> {
    return Object.fromEntries([...findings].map(([id, { verdict }]) => [id, verdict]));
  }

  const atAWellBehavedPbx = {
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
  };

  it("finds that all is well where it is", async () => {
    const findings = await run();
    assert.deepEqual(verdicts(findings), atAWellBehavedPbx);
    assert.equal(findings.get("registration")?.seconds, 300);
    assert.match(
      findings.get("registration")?.seen.at(-1) ?? "",
      /asks for the password by SHA-256, realm “pbx\.example”/,
    );
    const { seen = [] } = findings.get("redirect") ?? {};
    assert.equal(seen[0], "Line 101 called 102.");
    assert.ok(seen.includes("Line 102 answered 302 to 103."));
    assert.match(
      findings.get("redirectedCaller")?.seen.join("\n") ?? "",
      /Diversion: <sip:102@pbx\.example>;reason=unconditional/,
    );
  });

  for (const redirectsUnfollowed of ["refused", "passedOn", "ignored"] as const) {
    it(`finds that a 302 is not followed where it is ${redirectsUnfollowed}`, async () => {
      office.pbx.change({ followsRedirect: false, redirectsUnfollowed });
      const findings = await run();
      assert.deepEqual(verdicts(findings), {
        ...without(atAWellBehavedPbx, "redirectedCaller"),
        redirect: "no",
        redirectAfterRinging: "unknown",
      });
      assert.match(findings.get("redirect")?.advice ?? "", /relays/);
    });
  }

  it("finds that no second call is offered", async () => {
    office.setExtension("102", { secondCall: false });
    const findings = await run();
    assert.equal(findings.get("secondCall")?.verdict, "no");
    assert.ok(findings.get("secondCall")?.seen.includes("The caller heard 486."));
  });

  it("finds a forwarding in the PBX, which swallows the line's calls", async () => {
    const reception = await office.phone("500");
    office.setExtension("102", { forwardTo: "500" });
    const findings = await run();
    assert.equal(findings.get("delivery")?.verdict, "no");
    assert.equal(findings.get("pbxForwarding")?.verdict, "yes");
    assert.equal(findings.get("redirect")?.verdict, "unknown");
    assert.equal(reception.received.length, 1);
  });

  it("reads colleagues by From alone too", async () => {
    office.pbx.change({ namesCallersBy: "From" });
    const findings = await run();
    assert.equal(findings.get("callerNaming")?.verdict, "yes");
    assert.ok(findings.get("callerNaming")?.seen.includes("There was no P-Asserted-Identity."));
  });

  it("finds each fault among the others", async () => {
    await office.phone("500");
    for (const followed of ["yes", "refused", "passedOn", "ignored"] as const) {
      for (const secondCall of [true, false]) {
        for (const forwardTo of [undefined, "500"]) {
          for (const namesCallersBy of ["P-Asserted-Identity", "From"] as const) {
            const followsRedirect = followed === "yes";
            const redirectsUnfollowed = followsRedirect ? "refused" : followed;
            office.pbx.change({ followsRedirect, redirectsUnfollowed, namesCallersBy });
            office.setExtension("102", { secondCall, ...(forwardTo !== undefined && { forwardTo }) });
            const found = verdicts(await run());
            const isReached = forwardTo === undefined;
            const expected = {
              delivery: isReached ? "yes" : "no",
              pbxForwarding: isReached ? "no" : "yes",
              callerNaming: isReached ? "yes" : undefined,
              redirect: !isReached ? "unknown" : followsRedirect ? "yes" : "no",
              redirectAfterRinging: isReached && followsRedirect ? "yes" : "unknown",
              secondCall: !isReached ? "unknown" : secondCall ? "yes" : "no",
            };
            for (const [id, verdict] of Object.entries(expected)) {
              assert.equal(
                found[id],
                verdict,
                `${id}: ${followed} ${secondCall} ${forwardTo} ${namesCallersBy}`,
              );
            }
          }
        }
      }
    }
  });

  it("finds how long a line may ring", async () => {
    const findings = await run({ ringSeconds: 60 });
    assert.equal(findings.get("ringLimit")?.verdict, "yes");
    assert.equal(findings.get("ringLimit")?.seconds, 30);
  });

  it("gives up on the ringing limit in time", async () => {
    const findings = await run({ ringSeconds: 10 });
    assert.equal(findings.get("ringLimit")?.verdict, "no");
  });

  it("does with two lines, and says what takes a third", async () => {
    const findings = await run({ lines: ["103", "101"] });
    assert.equal(findings.get("redirect")?.verdict, "yes");
    assert.equal(findings.get("secondCall")?.verdict, "yes");
    assert.equal(findings.get("secondChannel")?.verdict, "unknown");
  });

  it("waits for a call from outside, which follows the line's rules", async () => {
    await office.ask("PUT", "/lines/102/forwardings/always/external", { target: "105" });
    const anna = await office.phone("105");
    await start({ outsideCall: { waitSeconds: 60 } });
    await office.passUntil(() => step() === "outsideCall");
    const call = office.outside.call("+4930555555", "+49815136856102", office.pbx.uri);
    assert.deepEqual(await office.within(call.outcome), { kind: "answered" });
    assert.equal(anna.received.length, 1);
    call.hangUp();
    await office.passUntil(() => step() === undefined);
    const finding = (await latest()).findings.find(({ id }) => id === "outsideCaller");
    assert.equal(finding?.verdict, "yes");
    assert.equal(finding.seen.at(-1), "It was read as external, +4930555555.");
    await office.ask("DELETE", "/lines/102/forwardings/always/external");
  });

  it("tells apart a live call to a line under test from its own", async () => {
    const anna = await office.phone("105");
    await start({ ringSeconds: 60 });
    await office.passUntil(() => step() === "ringLimit");
    // No rule, no phone: the group's answer.
    const call = anna.call("102");
    assert.deepEqual(await office.within(call.outcome), { kind: "refused", status: 486 });
    await office.passUntil(() => step() === undefined);
    assert.equal((await latest()).findings.find(({ id }) => id === "ringLimit")?.seconds, 30);
  });

  it("stops when it is told to, and leaves no call", async () => {
    await start({ ringSeconds: 60 });
    await office.passUntil(() => step() === "ringLimit");
    assert.equal((await office.ask("DELETE", path)).status, 204);
    await office.passUntil(() => step() === undefined);
    assert.equal((await latest()).state, "stopped");
    await office.passUntil(() => ["101", "102", "103"].every((line) => office.pbx.callsOf(line) === 0));
  });

  it("refuses a second check of the PBX, lines that are not its own, and one line alone", async () => {
    await start();
    assert.equal((await office.ask("POST", path, {})).status, 409);
    await office.passUntil(() => step() === undefined);
    assert.equal((await office.ask("POST", path, { lines: ["101", "999"] })).status, 404);
    assert.equal((await office.ask("POST", path, { lines: ["101", "101"] })).status, 400);
    assert.equal((await office.ask("POST", "/pbxs/none/check", {})).status, 404);
  });

  function step(): string | undefined {
    const state = office.divert.checks.find("hq")?.state;
    return state?.state === "running" ? state.step : undefined;
  }
});

describe("what a check found out", () => {
  it("is gone by: calls are relayed where no 302 is followed, and redirected again once one is", async (t) => {
    const office = await PracticeInstallation.start({ redirect: "auto" });
    t.after(() => office.close());
    await office.ask("PUT", "/lines/102/forwardings/always/all", { target: "500" });
    const [anna, reception] = [await office.phone("105"), await office.phone("500")];

    const decided = async (): Promise<string> => {
      const { body } = await office.ask("POST", "/lines/102/explain", { caller: "105" });
      return (body as { action: string }).action;
    };
    const check = async (): Promise<void> => {
      assert.equal((await office.ask("POST", path, { ringSeconds: 0 })).status, 202);
      await office.passUntil(() => office.divert.checks.find("hq")?.state.state === "done");
      await office.passUntil(() => office.divert.directory.findingsOf("hq").length > 0);
    };

    office.pbx.change({ followsRedirect: false });
    assert.equal(await decided(), "redirect");
    await check();
    assert.equal(await decided(), "relay");
    const call = anna.call("102");
    assert.deepEqual(await office.within(call.outcome), { kind: "answered" });
    assert.equal(reception.received.length, 1);
    call.hangUp();

    office.pbx.change({ followsRedirect: true });
    await check();
    await office.passUntil(() =>
      office.divert.directory
        .findingsOf("hq")
        .some(({ id, verdict }) => id === "redirect" && verdict === "yes"),
    );
    assert.equal(await decided(), "redirect");
  });

  it("warns of rules for busy that never see a call", async (t) => {
    const office = await PracticeInstallation.start();
    t.after(() => office.close());
    office.setExtension("102", { secondCall: false });
    assert.equal((await office.ask("POST", path, { ringSeconds: 0 })).status, 202);
    await office.passUntil(() => office.divert.checks.find("hq")?.state.state === "done");
    await office.passUntil(() => office.divert.directory.findingsOf("hq").length > 0);
    const { body } = await office.ask("PUT", "/lines/101/forwardings/busy/all", { target: "500" });
    const { warnings } = body as { warnings: readonly { code: string; message: string }[] };
    assert.deepEqual(
      warnings.map(({ code }) => code),
      ["no-second-call"],
    );
    assert.match(warnings[0]?.message ?? "", /A check has found it out/);
  });

  it("is forgotten when the PBX is another one", async (t) => {
    const office = await PracticeInstallation.start();
    t.after(() => office.close());
    assert.equal((await office.ask("POST", path, { ringSeconds: 0 })).status, 202);
    await office.passUntil(() => office.divert.directory.findingsOf("hq").length > 0);
    const pbx = { id: "hq", site: "office", domain: "pbx.example" };
    const apply = async (registrar: string) =>
      (await office.ask("POST", "/configuration", { pbxs: [{ ...pbx, registrar }] })).status;
    const { registrar = "" } = office.divert.directory.findPbx("hq") ?? {};
    assert.equal(await apply(registrar), 200);
    assert.ok(office.divert.directory.findingsOf("hq").length > 0);
    assert.equal(await apply("sip:127.0.0.1:9;transport=udp"), 200);
    assert.deepEqual(office.divert.directory.findingsOf("hq"), []);
  });

  it("counts no more once a live call went otherwise", async (t) => {
    const office = await PracticeInstallation.start();
    t.after(() => office.close());
    office.setExtension("102", { secondCall: false });
    assert.equal((await office.ask("POST", path, { ringSeconds: 0 })).status, 202);
    await office.passUntil(() => office.divert.directory.findingsOf("hq").length > 0);
    await office.ask("PUT", "/lines/103/forwardings/always/all", { target: "101" });
    await office.ask("PUT", "/lines/102/forwardings/busy/all", { target: "101" });

    // Somebody has allowed the second call since, and switched off that a 302 is followed.
    office.setExtension("102", { secondCall: true });
    office.pbx.change({ followsRedirect: false, redirectsUnfollowed: "refused" });
    const line = office.divert.lines.find("102");
    const inProgress = line?.beginCall();
    const anna = await office.phone("105");
    await office.within(anna.call("102").outcome);
    inProgress?.end();
    await office.within(anna.call("103").outcome);
    await office.passUntil(() => contradicted(office).length === 2);
    assert.deepEqual(contradicted(office), ["redirect", "secondCall"]);
    const { body } = await office.ask("GET", path);
    const { known } = body as { known: readonly Finding[] };
    assert.match(known.find(({ id }) => id === "secondCall")?.advice ?? "", /check again/);
  });

  function contradicted(office: PracticeInstallation): string[] {
    const findings = office.divert.directory.findingsOf("hq");
    return findings.flatMap(({ id, contradictedAt }) => (contradictedAt === undefined ? [] : [id])).sort();
  }
});

function without<Value>(record: Readonly<Record<string, Value>>, key: string): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => name !== key));
}
