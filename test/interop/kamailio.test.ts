import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Kamailio } from "./kamailio.ts";
import { loopbackAddress } from "./loopback-address.ts";
import { placeCall, register, startCallee, type Sipp } from "./sipp.ts";

const domain = "pbx.example";
const pbx = { address: loopbackAddress(), port: 5060 };
const outside = { address: loopbackAddress(), port: 5060 };
const inside = { address: loopbackAddress(), port: 5060 };
const accounts = { "100": "pw100", "101": "pw101", "102": "pw102" };

describe("Kamailio with sipp, before Divert has a part in it", () => {
  let kamailio: Kamailio;
  const callees: Sipp[] = [];

  before(async () => {
    kamailio = await Kamailio.start({ ...pbx, domain, accounts, mainNumber: "+49815136856", trunk: outside });
  });
  after(async () => {
    await Promise.all(callees.map((callee) => callee.close()));
    await kamailio.close();
  });

  async function startLine(
    username: keyof typeof accounts,
    status: number,
    reason: string,
    headers: string[] = [],
  ) {
    const at = { address: loopbackAddress(), port: 5060 };
    const callee = await startCallee({ name: username, status, reason, headers }, at, pbx);
    callees.push(callee);
    await register(
      {
        username,
        password: accounts[username],
        domain,
        contact: `sip:${username}@${at.address}:${at.port}`,
        expiresInSeconds: 300,
      },
      { ...at, port: 5062 },
      pbx,
    );
    return callee;
  }

  test("a line's 302 is followed: the call reaches the target, from inside and from outside", async () => {
    const line = await startLine("101", 302, "Moved Temporarily", [
      `Contact: <sip:102@${domain}>`,
      `Diversion: <sip:101@${domain}>;reason=unconditional;counter=1`,
    ]);
    const target = await startLine("102", 200, "OK");

    const fromInside = await placeCall(
      {
        from: `"Anna" <sip:100@${domain}>`,
        to: `sip:101@${domain}`,
        credentials: { username: "100", password: "pw100" },
      },
      inside,
      pbx,
    );
    assert.deepEqual([fromInside.finalStatus, fromInside.answeredBy], [200, "102"]);

    const fromOutside = await placeCall(
      { from: `<sip:+4989123456@carrier.example>`, to: `sip:+49815136856101@${domain}` },
      outside,
      pbx,
    );
    assert.deepEqual([fromOutside.finalStatus, fromOutside.answeredBy], [200, "102"]);

    const [internal, external] = await line.received("INVITE");
    assert.match(internal?.text ?? "", /^P-Asserted-Identity: <sip:100@pbx\.example>\r?$/m);
    assert.doesNotMatch(external?.text ?? "", /^P-Asserted-Identity/m);
    const arrived = await target.received("INVITE");
    assert.equal(arrived.length, 2);
    for (const { text } of arrived)
      assert.match(text, /^Diversion: <sip:101@pbx\.example>;reason=unconditional/m);
  });

  test("an unknown subscriber is 404, a wrong password no call", async () => {
    const caller = { from: `<sip:100@${domain}>`, to: `sip:199@${domain}` };
    const statusWith = async (password: string) =>
      (await placeCall({ ...caller, credentials: { username: "100", password } }, inside, pbx)).finalStatus;
    assert.equal(await statusWith("pw100"), 404);
    assert.equal(await statusWith("wrong"), 407);
  });

  test("what is registered can be asked for, and is gone after a kill", async () => {
    assert.equal((await kamailio.contacts("102")).length, 1);
    assert.deepEqual(await kamailio.contacts("100"), []);
    await kamailio.kill();
    await kamailio.start();
    assert.deepEqual(await kamailio.contacts("102"), []);
  });
});
