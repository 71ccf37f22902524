/** Nobody finds out which numbers have phones, guesses their passwords, or calls in their name (CHECKS C04, C05, C08, C10). */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { loopbackAddress } from "../interop/loopback-address.ts";
import type { SipResponse } from "../../src/sip/message/message.ts";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import { ask, place, requestOf } from "../support/placed-call.ts";
import { TestPhone } from "../support/test-phone.ts";

/** What a listener can tell of an answer: all but what is different each time. */
function appearance(response: SipResponse | undefined): string {
  if (response === undefined) return "silence";
  const own = new Set(["Via", "From", "To", "Call-ID", "CSeq"]);
  const fields = [...response.headers.entries()]
    .filter(([name]) => !own.has(name))
    .map(([name, value]) => `${name}: ${value.replace(/nonce="[0-9a-f]+"/, "nonce")}`);
  return [response.status, ...fields].join("\n");
}

describe("somebody who tries numbers", () => {
  it("cannot tell 200 that have a phone from 800 that have none, by what is said", async (test) => {
    const lines = Object.fromEntries(
      Array.from({ length: 200 }, (_, index) => [String(100 + index), "refusing" as const]),
    );
    const under = await DivertUnderTest.start({ phones: true, lines });
    test.after(() => under.close());
    const peer = await under.raw("UDP", { address: under.strangerAddress });
    const seen = new Map<string, Set<boolean>>();
    for (let number = 100; number < 1100; number++) {
      if (number % 3 === 0) await under.pass(1000);
      const user = String(number);
      const aor = `<sip:${user}@divert.example>`;
      for (const method of ["REGISTER", "INVITE", "OPTIONS"]) {
        const requestUri = method === "REGISTER" ? "sip:divert.example" : `sip:${user}@divert.example`;
        const [answer] = await ask(
          peer,
          requestOf(peer, { method, requestUri, to: aor, from: `${aor};tag=1` }),
        );
        const key = `${method} ${appearance(answer)}`;
        seen.set(key, (seen.get(key) ?? new Set()).add(number < 300));
      }
    }
    assert.deepEqual(
      [...seen.keys()].map((key) => key.split("\n")[0]),
      ["REGISTER 401", "INVITE 401", "OPTIONS 200"],
    );
    for (const kinds of seen.values()) assert.equal(kinds.size, 2);
    assert.equal(under.transactions, 0);
  });

  it("cannot tell them apart by a wrong password either", async (test) => {
    const under = await DivertUnderTest.start({ phones: true });
    test.after(() => under.close());
    const seen = new Map<string, Set<boolean>>();
    for (const [username, exists] of [
      ["101", true],
      ["102", true],
      ["901", false],
      ["anna", false],
    ] as const) {
      for (const method of ["REGISTER", "INVITE"]) {
        const peer = await under.raw("UDP", { address: loopbackAddress() });
        const phone = new TestPhone(peer, username, "wrong");
        const aor = `<sip:${username}@divert.example>`;
        const sketch = { method, requestUri: "sip:105@divert.example", to: aor, from: `${aor};tag=1` };
        const answers: string[] = [];
        for (let tries = 0; tries < 12; tries++) {
          const answer = await phone.prove(requestOf(peer, sketch));
          answers.push(appearance(answer));
          await under.pass(4000);
        }
        const key = `${method} ${answers.join("\n")}`;
        seen.set(key, (seen.get(key) ?? new Set()).add(exists));
      }
    }
    assert.deepEqual(
      [...seen.values()].map((kinds) => kinds.size),
      [2, 2],
    );
  });
});

describe("somebody who guesses passwords", () => {
  let under: DivertUnderTest;

  before(async () => {
    under = await DivertUnderTest.start({ phones: true });
  });
  after(() => under.close());
  beforeEach(() => under.pass(1_000_000));

  /** Tries wrong passwords, patiently, until nothing is answered any more; resolves with how many it took. */
  async function guess(address: string, username: string, most = 60): Promise<number> {
    const peer = await under.raw("UDP", { address });
    for (let tries = 1; tries <= most; tries++) {
      const answer = await new TestPhone(peer, username, `wrong-${tries}`).register();
      if (answer === undefined) return tries;
      assert.equal(answer.status, 401);
      await under.pass(4000);
    }
    return Infinity;
  }

  async function bans(): Promise<number> {
    const { host, port } = under.divert.http;
    const text = await (await fetch(`http://${host}:${port}/metrics`)).text();
    return Number(/^divert_phone_bans_total (\d+)$/m.exec(text)?.[1]);
  }

  it("is banned before the twentieth try, with a word in the log and the metrics, and the ban ends by itself", async () => {
    const before = await bans();
    const tries = await guess(under.strangerAddress, "101");
    assert.ok(tries < 20, String(tries));
    assert.equal(await bans(), before + 1);
    assert.equal(under.complaints.filter((text) => text.includes("banned")).length, 1);
    const phone = new TestPhone(await under.raw("UDP", { address: under.strangerAddress }), "101");
    assert.equal(await phone.register(), undefined);
    await under.pass(300_000);
    assert.equal((await phone.register())?.status, 200);
  });

  it("is banned likewise for a number that does not exist", async () => {
    const existing = await guess(under.strangerAddress, "101");
    await under.pass(1_000_000);
    assert.equal(await guess(under.strangerAddress, "999"), existing);
  });

  it("and is too fast learns nothing, not even by the right one", async () => {
    const peer = await under.raw("UDP", { address: loopbackAddress() });
    for (let tries = 0; tries < 4; tries++) await new TestPhone(peer, "101", "wrong").register();
    const phone = new TestPhone(peer, "101");
    assert.equal((await phone.register())?.status, 401);
    await under.pass(4000);
    assert.equal((await phone.register())?.status, 200);
  });

  it("from many addresses gets ever less, and the user's phone elsewhere registers all the while", async () => {
    const tries: number[] = [];
    for (let address = 0; address < 5; address++) tries.push(await guess(loopbackAddress(), "101"));
    assert.deepEqual(tries.slice(2), [2, 2, 2]);
    const phone = new TestPhone(await under.raw("UDP", { address: loopbackAddress() }), "101");
    assert.equal((await phone.register())?.status, 200);
  });

  it("gets a colleague's address banned neither from there nor with forged datagrams", async () => {
    const office = loopbackAddress();
    const phone = new TestPhone(await under.raw("UDP", { address: office }), "102");
    assert.equal((await phone.register())?.status, 200);
    const peer = await under.raw("UDP", { address: office });
    for (const username of ["101", "103", "111", "112"]) {
      for (let tries = 0; tries < 12; tries++) {
        await new TestPhone(peer, username, "wrong").register();
        await under.pass(4000);
      }
    }
    assert.equal((await phone.register())?.status, 200);
    const another = new TestPhone(await under.raw("UDP", { address: office }), "102");
    assert.equal((await another.register())?.status, 200);

    // Whoever has not heard the challenge there has tried nothing.
    const elsewhere = new TestPhone(await under.raw("UDP", { address: loopbackAddress() }), "103", "wrong");
    const victim = await under.raw("UDP", { address: loopbackAddress() });
    for (let tries = 0; tries < 30; tries++) {
      const request = elsewhere.request();
      const [challenge] = await ask(elsewhere.peer, request);
      assert.ok(challenge);
      const forged = elsewhere.answered(request, challenge);
      forged.headers.set("Via", victim.via(`forged-${tries}`));
      await ask(victim, forged);
      await under.pass(1000);
    }
    assert.equal((await new TestPhone(victim, "103").register())?.status, 200);
  });

  it("beside a phone, even by its own port, does not keep it from registering again and from calling", async () => {
    const office = loopbackAddress();
    const phone = new TestPhone(await under.raw("UDP", { address: office }), "103");
    assert.equal((await phone.register())?.status, 200);
    assert.ok((await guess(office, "103")) < 20);
    const impostor = new TestPhone(phone.peer, "103", "wrong");
    for (let tries = 0; tries < 25; tries++) assert.equal((await impostor.register())?.status, 401);
    assert.equal((await phone.register())?.status, 200);
    const aor = "<sip:103@divert.example>";
    const invite = requestOf(phone.peer, { requestUri: "sip:divert.example", from: `${aor};tag=1` });
    assert.equal((await phone.prove(invite))?.status, 404);
  });

  it("does not keep the PBX from calling when it sits beside it", async () => {
    await guess(under.address, "101");
    const pbx = await under.raw("UDP");
    assert.deepEqual((await place(pbx, { requestUri: under.contact("112") })).statuses, [180]);
  });
});

describe("somebody who is no phone", () => {
  let under: DivertUnderTest;

  before(async () => {
    under = await DivertUnderTest.start({ phones: true });
  });
  after(() => under.close());

  it("gets nothing carried on, whatever the method, and leaves nothing behind", async () => {
    const peer = await under.raw("UDP", { address: under.strangerAddress });
    const requestUri = "sip:101@divert.example";
    const methods = ["MESSAGE", "SUBSCRIBE", "NOTIFY", "PUBLISH", "REFER", "INFO", "UPDATE", "TELEPORT"];
    for (const method of methods) {
      assert.equal((await ask(peer, requestOf(peer, { method, requestUri })))[0]?.status, 403, method);
    }
    await under.leavesNothing();
  });

  it("is asked who it is before any number is looked at, whoever it says it is", async () => {
    const peer = await under.raw("UDP", { address: under.strangerAddress });
    await under.pass(1000);
    for (const [requestUri, from] of [
      ["sip:+4989123456@divert.example", "<sip:101@divert.example>;tag=1"],
      ["sip:0190123456@pbx.example;user=phone", "<sip:+4981513685@pbx.example>;tag=1"],
      ["sip:+4989123456@elsewhere.example", "<sip:anyone@elsewhere.example>;tag=1"],
    ] as const) {
      const headers = [
        ["P-Asserted-Identity", "<sip:101@divert.example>"],
        ["Route", "<sip:third.example;lr>"],
      ] as const;
      const call = await place(peer, { requestUri, from, headers });
      assert.deepEqual(call.statuses, [401]);
    }
    assert.deepEqual(await under.calls(), []);
    await under.leavesNothing();
  });
});
