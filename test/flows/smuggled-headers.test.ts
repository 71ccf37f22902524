/** Nothing that a phone invents reaches the PBX, in whatever spelling (CHECKS C12, CVE-2020-28361). */
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import type { SipMessage } from "../../src/sip/message/message.ts";
import { serializeMessage } from "../../src/sip/message/serialize.ts";
import { loopbackAddress } from "../interop/loopback-address.ts";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import { FlowPhone, PeerDialog, withSdp } from "../support/flow-phone.ts";
import { ask, requestOf } from "../support/placed-call.ts";
import { TestPhone } from "../support/test-phone.ts";

const offer = "v=0\r\ns=offer\r\n";
const reply = "v=0\r\ns=reply\r\n";

const open: DivertUnderTest[] = [];
afterEach(async () => {
  for (const under of open.splice(0)) await under.close();
});

const names = [
  "P-Asserted-Identity",
  "Remote-Party-ID",
  "Diversion",
  "History-Info",
  "X-Inner",
  "Record-Route",
];

/** One header field in each spelling that some parser takes for it. */
function spellingsOf(name: string): string[] {
  const value = "<sip:smuggled@pbx.example>";
  return [
    `${name}: ${value}`,
    `${name.toLowerCase()}: ${value}`,
    `${name.toUpperCase()}:${value}`,
    `${name} : ${value}`,
    `${name}\t:\t${value}`,
    `${name}:\r\n ${value}`,
    `${name}: ${value}\r\n${name}: ${value}`,
    // Within what may pass, and where it is passed over.
    `Subject: lunch\r\n\t${name}: ${value}`,
  ];
}

/** What a header that may not pass leaves behind. */
function traces(message: SipMessage): string[] {
  const allowed = message.headers.has("Subject") ? ["Subject"] : [];
  return [...message.headers.entries()]
    .filter(([name, value]) => !allowed.includes(name) && value.includes("smuggled"))
    .map(([name]) => name);
}

/** The message with further lines at the end of its head. */
function withLines(message: SipMessage, lines: string): Buffer {
  return Buffer.from(
    serializeMessage(message).toString("latin1").replace("\r\n\r\n", `\r\n${lines}\r\n\r\n`),
    "latin1",
  );
}

for (const protocol of ["UDP", "TCP"] as const) {
  describe(`a phone at ${protocol}`, () => {
    it("calls out with headers in each spelling: none of them leaves", async () => {
      const under = await DivertUnderTest.start({ lines: { "101": "refusing" }, phones: true });
      open.push(under);
      const pbx = under.pbx.calls;
      const phone = new TestPhone(await under.raw(protocol, { address: loopbackAddress() }), "101");
      for (const lines of names.flatMap(spellingsOf)) {
        const request = requestOf(phone.peer, {
          requestUri: "sip:102@divert.example",
          from: "<sip:101@divert.example>;tag=1",
          to: "<sip:102@divert.example>",
          body: Buffer.from(offer),
        });
        const [challenge] = await ask(phone.peer, request);
        assert.ok(challenge);
        await phone.peer.send(withLines(phone.answered(request, challenge), lines));
        const invite = await pbx.expects("INVITE");
        assert.deepEqual(traces(invite), [], lines);
        for (const name of names) assert.equal(invite.headers.has(name), false, lines);
        assert.equal(invite.from.uri, "sip:101@pbx.example");
        pbx.answers(invite, 486);
        await pbx.expects("ACK");
        pbx.forget();
        await under.pass(1_000);
      }
    });

    it("writes a NUL into the name or the value: the call is refused, or it leaves without", async () => {
      const under = await DivertUnderTest.start({ lines: { "101": "refusing" }, phones: true });
      open.push(under);
      const phone = new TestPhone(await under.raw(protocol, { address: loopbackAddress() }), "101");
      for (const lines of [
        "X-Outer: 1\0\r\nP-Asserted-Identity: <sip:smuggled@pbx.example>",
        "P-Asserted-Identity\0: <sip:smuggled@pbx.example>",
        "\0P-Asserted-Identity: <sip:smuggled@pbx.example>",
      ]) {
        const request = requestOf(phone.peer, {
          requestUri: "sip:102@divert.example",
          from: "<sip:101@divert.example>;tag=1",
        });
        const [challenge] = await ask(phone.peer, request);
        assert.ok(challenge);
        await phone.peer.exchange(withLines(phone.answered(request, challenge), lines));
      }
      const left = under.pbx.others.filter((message) => message.kind === "request");
      assert.deepEqual(left.flatMap(traces), []);
    });

    it("answers, and speaks in the call, with such headers: none of them leaves", async () => {
      const under = await DivertUnderTest.start({ lines: { "101": "refusing" }, phones: true });
      open.push(under);
      const pbx = await under.peer();
      const phone = await FlowPhone.register(under, "101", loopbackAddress(), protocol);
      const smuggled = names.flatMap((name) => [
        [name, "<sip:smuggled@pbx.example>"] as const,
        [name.toLowerCase(), "<sip:smuggled@pbx.example>"] as const,
      ]);
      const call = { requestUri: under.contact("101"), ...withSdp([], offer) };
      const invite = await pbx.sends("INVITE", under.udp, call);
      const rung = await phone.peer.expects("INVITE");
      const contact = ["Contact", phone.contact] as const;
      phone.peer.answers(rung, 180, { headers: [contact, ...smuggled] });
      await pbx.expects(180);
      const answer = phone.peer.answers(rung, 200, withSdp([contact, ...smuggled], reply));
      const caller = PeerDialog.ofCaller(pbx, under.udp, invite, await pbx.expects(200));
      await caller.acknowledges(invite);
      await phone.peer.expects("ACK");
      const callee = PeerDialog.ofCallee(phone.peer, under.at(protocol), rung, answer);
      for (const method of ["INFO", "MESSAGE", "UPDATE"]) {
        await callee.sends(method, undefined, smuggled);
        pbx.answers(await pbx.expects(method), 200, { headers: [["Contact", `<${pbx.uri}>`]] });
        await phone.peer.expects(200);
      }
      await caller.sends("INFO");
      phone.peer.answers(await phone.peer.expects("INFO"), 200, { headers: smuggled });
      await pbx.expects(200);
      await callee.sends("BYE", undefined, smuggled);
      pbx.answers(await pbx.expects("BYE"), 200);
      await phone.peer.expects(200);
      assert.deepEqual(pbx.received.flatMap(traces), []);
      for (const message of pbx.received)
        for (const name of names) assert.equal(message.headers.has(name), false, name);
      await under.leavesNothing();
    });
  });
}
