/** Who is answered what, before any rule is looked at. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import { ask, place, requestOf, wireOf } from "../support/placed-call.ts";
import type { RawPeer } from "../support/raw-peer.ts";

for (const protocol of ["UDP", "TCP"] as const) {
  describe(`what comes by ${protocol}`, () => {
    let under: DivertUnderTest;
    let pbx: RawPeer;
    let stranger: RawPeer;

    before(async () => {
      const rules = Object.fromEntries(
        ["101", "111"].map((line) => [line, { "always/all": "102", "busy/all": "102" }]),
      );
      under = await DivertUnderTest.start({ rules: { ...rules, "112": { "busy/all": "102" } } });
      pbx = await under.raw(protocol);
      stranger = await under.raw(protocol, { address: under.strangerAddress });
    });
    after(() => under.close());

    it("OPTIONS is answered 200, to the PBX for its line, and to strangers for any name", async () => {
      for (const [peer, requestUri] of [
        [pbx, under.contact("101")],
        [stranger, under.contact("101")],
        [stranger, "sip:nobody@divert.example"],
      ] as const) {
        const [answer] = await ask(peer, requestOf(peer, { method: "OPTIONS", requestUri }));
        assert.equal(answer?.status, 200);
        assert.equal(answer.headers.get("Allow"), "INVITE, ACK, CANCEL, BYE, OPTIONS");
      }
    });

    it("an INVITE of the PBX to a line is decided, and one to no line is 404", async () => {
      assert.deepEqual((await place(pbx, { requestUri: under.contact("101") })).statuses, [302]);
      for (const requestUri of [
        "sip:101@divert.example",
        `sip:${"0".repeat(32)}@divert.example`,
        "sip:divert.example",
      ]) {
        assert.deepEqual((await place(pbx, { requestUri })).statuses, [404], requestUri);
      }
      assert.deepEqual((await place(pbx, { requestUri: "tel:+49815136856101" })).statuses, [416]);
    });

    it("a stranger who knows a line's Contact is refused, and nothing is remembered of it", async () => {
      await under.pass(33_000);
      const { transactions } = under;
      const { statuses } = await place(stranger, { requestUri: under.contact("101") });
      assert.deepEqual(statuses, [403]);
      assert.equal(under.transactions, transactions);
      assert.ok(!(await under.calls()).some(({ status }) => status === 403));
    });

    it("an INVITE within a dialog is 481, also from the PBX, also to a line that forwards all", async () => {
      const to = "<sip:101@pbx.example>;tag=some-other-dialog";
      assert.deepEqual((await place(pbx, { requestUri: under.contact("101"), to })).statuses, [481]);
    });

    it("what an unknown extension is required for is 420, with its name", async () => {
      const headers = [["Require", "timer, teleport, 100rel"]] as const;
      const { final } = await place(pbx, { requestUri: under.contact("101"), headers });
      assert.equal(final?.status, 420);
      assert.equal(final.headers.get("Unsupported"), "teleport");
    });

    it("a call that replaces another finds none to replace, and is not forwarded", async () => {
      const headers = [["Replaces", "1@pbx.example;to-tag=a;from-tag=b"]] as const;
      const { statuses } = await place(pbx, { requestUri: under.contact("101"), headers });
      assert.deepEqual(statuses, [481]);
    });

    it("an emergency service that calls back is never forwarded", async () => {
      for (const header of [
        ["Priority", "psap-callback"],
        ["Priority", "PSAP-Callback "],
      ] as const) {
        const { statuses } = await place(pbx, { requestUri: under.contact("101"), headers: [header] });
        assert.deepEqual(statuses, [480], header.join(": "));
      }
    });

    it("methods that are not spoken are 405 with those that are, and unknown ones 501", async () => {
      const requestUri = under.contact("101");
      for (const method of ["REGISTER", "SUBSCRIBE", "NOTIFY", "MESSAGE", "REFER", "PUBLISH", "INFO"]) {
        const [answer] = await ask(pbx, requestOf(pbx, { method, requestUri }));
        assert.equal(answer?.status, 405, method);
        assert.match(answer.headers.get("Allow") ?? "", /INVITE/);
      }
      assert.equal((await ask(pbx, requestOf(pbx, { method: "BYE", requestUri })))[0]?.status, 481);
      assert.equal((await ask(pbx, requestOf(pbx, { method: "TELEPORT", requestUri })))[0]?.status, 501);
    });

    it("an ACK that belongs to nothing is not answered", async () => {
      for (const peer of [pbx, stranger]) {
        const method = "ACK";
        assert.deepEqual(await ask(peer, requestOf(peer, { method, requestUri: under.contact("101") })), []);
      }
    });

    it("of two INVITEs that come together at an idle line the second finds it busy", async () => {
      const invites = [1, 2].map(() => requestOf(pbx, { requestUri: under.contact("112") }));
      const [first, second] = invites.map(({ callId }) => callId);
      const answers = await pbx.exchange(...invites.map((invite) => wireOf(invite)));
      assert.deepEqual(
        answers.map((message) => message.kind === "response" && [message.callId, message.status]),
        [
          [first, 180],
          [second, 302],
        ],
      );
    });
  });
}

describe("strangers, where silence is set", () => {
  it("hear nothing but the answer to OPTIONS", async (test) => {
    const under = await DivertUnderTest.start({ strangers: "silence" });
    test.after(() => under.close());
    const stranger = await under.raw("UDP", { address: under.strangerAddress });
    const requestUri = under.contact("101");
    assert.deepEqual((await place(stranger, { requestUri })).statuses, []);
    assert.deepEqual(await ask(stranger, requestOf(stranger, { method: "REGISTER", requestUri })), []);
  });
});

describe("a stranger who floods", () => {
  it("gets 20 answers a second, and the PBX all of its own", async (test) => {
    const under = await DivertUnderTest.start({ rules: { "101": { "always/all": "102" } } });
    test.after(() => under.close());
    const requestUri = under.contact("101");
    const stranger = await under.raw("UDP", { address: under.strangerAddress });
    for (let sent = 0; sent < 200; sent++) await stranger.send(wireOf(requestOf(stranger, { requestUri })));
    const pbx = await under.raw("UDP");
    for (let call = 0; call < 5; call++) {
      assert.deepEqual((await place(pbx, { requestUri })).statuses, [302]);
    }
    assert.equal(stranger.arrived.length, 20);
    await under.pass(1000);
    assert.deepEqual((await place(stranger, { requestUri })).statuses, [403]);
    await under.leavesNothing();
  });
});
