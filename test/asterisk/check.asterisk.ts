/** The check against a real Asterisk: what `src/pbx/profiles/asterisk.ts` says of it stands on this. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { DivertProgram } from "../interop/divert-program.ts";
import { loopbackAddress } from "../interop/loopback-address.ts";
import { type SippAddress, type Sipp, placeCall, register, startCallee } from "../interop/sipp.ts";
import { Asterisk } from "./asterisk.ts";

interface Finding {
  readonly id: string;
  readonly verdict: string;
  readonly seconds?: number;
  readonly seen: readonly string[];
}

const pbx: SippAddress = { address: loopbackAddress(), port: 5060 };
const path = "/api/pbxs/hq/check";
const ringSeconds = 12;
const passwordOf = (name: string): string => `pw${name}`;

describe("Asterisk", () => {
  let asterisk: Asterisk;
  let divert: DivertProgram;
  let phone: Sipp;

  before(async () => {
    const account = (name: string, keys: readonly string[] = []) => [
      name,
      { password: passwordOf(name), keys },
    ];
    asterisk = await Asterisk.start({
      ...pbx,
      ringSeconds,
      accounts: Object.fromEntries([
        ...["100", "101", "102", "103", "201"].map((name) => account(name)),
        // It takes a 302's Contact for an address to send to, and sends to itself.
        account("111", ["redirect_method=uri_core"]),
      ]) as Record<string, { password: string }>,
    });
    divert = new DivertProgram({
      sip: [`udp://${loopbackAddress()}:5060`],
      configuration: {
        sites: [
          { id: "office", countryCode: "49", areaCode: "8151", mainNumber: "36856", extensions: ["100-299"] },
        ],
        pbxs: [
          {
            id: "hq",
            profile: "generic",
            site: "office",
            registrar: `sip:${pbx.address}:5060;transport=udp`,
          },
        ],
        groups: [{ id: "all", pbx: "hq" }],
        lines: ["101", "102", "103", "111"].map((id) => ({
          id,
          group: "all",
          username: id,
          password: passwordOf(id),
        })),
      },
    });
    await divert.start();
    const callee = { address: loopbackAddress(), port: 5060 };
    phone = await startCallee({ name: "201", status: 200, reason: "OK" }, callee, pbx);
    await register(
      {
        username: "201",
        password: passwordOf("201"),
        domain: pbx.address,
        contact: `sip:201@${callee.address}:5060`,
        expiresInSeconds: 300,
      },
      { ...callee, port: 5062 },
      pbx,
    );
    await divert.until(async () => {
      const { body } = await divert.ask("GET", "/api/pbxs");
      const [hq] = (body as { pbxs: readonly { registered: number }[] }).pbxs;
      return hq?.registered === 4;
    });
  });

  after(async () => {
    await Promise.all([divert.close(), phone.close()]);
    await asterisk.close();
  });

  async function check(wish: object): Promise<ReadonlyMap<string, Finding>> {
    const { status, body } = await divert.ask("POST", path, wish);
    assert.equal(status, 202, JSON.stringify(body));
    let findings: readonly Finding[] = [];
    await divert.until(async () => {
      const answer = await divert.ask("GET", path);
      const { check, known } = answer.body as {
        check: { state: string; findings: readonly Finding[] };
        known: readonly unknown[];
      };
      ({ findings } = check);
      return check.state === "done" && known.length > 0;
    }, 120_000);
    return new Map(findings.map((finding) => [finding.id, finding]));
  }

  async function callFrom100(extension: string) {
    const caller = { address: loopbackAddress(), port: 5060 };
    return await placeCall(
      {
        from: `<sip:100@${pbx.address}>`,
        to: `sip:${extension}@${pbx.address}`,
        credentials: { username: "100", password: passwordOf("100"), askedBy: 401 },
      },
      caller,
      pbx,
    );
  }

  test("where the Contact of a 302 is taken for an address, forwarded calls are relayed", async () => {
    const findings = await check({ lines: ["101", "111", "103"], ringSeconds: 0 });
    assert.equal(findings.get("delivery")?.verdict, "yes");
    assert.equal(findings.get("redirect")?.verdict, "no", findings.get("redirect")?.seen.join("\n"));
    await divert.forward("111", "always/all", "201");
    const call = await callFrom100("111");
    assert.equal(call.finalStatus, 200);
    assert.equal((await phone.received("INVITE")).length, 1);
  });

  test("as it comes it follows a 302, also after ringing, and offers a second call", async () => {
    const findings = await check({ lines: ["101", "102", "103"], ringSeconds: 30 });
    const verdicts = Object.fromEntries([...findings].map(([id, { verdict }]) => [id, verdict]));
    assert.deepEqual(verdicts, {
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
      ringLimit: "yes",
    });
    assert.equal(findings.get("ringLimit")?.seconds, ringSeconds);
    assert.match(findings.get("redirectedCaller")?.seen.join("\n") ?? "", /Diversion: .*<sip:102@/);
    await divert.forward("102", "always/all", "201");
    const call = await callFrom100("102");
    assert.equal(call.finalStatus, 200);
  });
});
