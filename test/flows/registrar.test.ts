/** Phones register at Divert: RFC 3665 §2, RFC 3261 §10.3, RFC 5626 §6, RFC 3327 §5.3. */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import type { SipResponse } from "../../src/sip/message/message.ts";
import { loopbackAddress } from "../interop/loopback-address.ts";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import { ask } from "../support/placed-call.ts";
import { TestPhone } from "../support/test-phone.ts";

/** Contacts with what is left of their time. */
function contactsIn(response: SipResponse | undefined): string[] {
  return response?.headers.all("Contact").toSorted() ?? [];
}

for (const protocol of ["UDP", "TCP"] as const) {
  describe(`a phone that registers by ${protocol}`, () => {
    let under: DivertUnderTest;
    let phone: TestPhone;

    before(async () => {
      under = await DivertUnderTest.start({ phones: true });
    });
    after(() => under.close());
    beforeEach(async () => {
      await under.pass(1000);
      phone = new TestPhone(await under.raw(protocol, { address: under.strangerAddress }), "101");
      assert.equal((await phone.register({ contacts: ["*"], expires: 0 }))?.status, 200);
    });

    it("is challenged, SHA-256 first, and registered with its password (RFC 3665 2.1)", async () => {
      const request = phone.request({ expires: 600 });
      const [challenge] = await ask(phone.peer, request);
      assert.equal(challenge?.status, 401);
      const algorithms = challenge.headers
        .all("WWW-Authenticate")
        .map((text) => /algorithm=([\w-]+)/.exec(text)?.[1]);
      assert.deepEqual(algorithms, ["SHA-256", "MD5"]);
      assert.equal(under.divert.phones.countOf("101"), 0);

      const [answer] = await ask(phone.peer, phone.answered(request, challenge));
      assert.equal(answer?.status, 200);
      assert.deepEqual(contactsIn(answer), [`${phone.contact};expires=600`]);
      assert.equal(under.divert.phones.countOf("101"), 1);
    });

    it("adds a contact to those it has (RFC 3665 2.2), and is told them all when it asks (2.3)", async () => {
      await phone.register({ contacts: ["<sip:101@192.0.2.1>;q=0.5"], expires: 600 });
      await phone.register({ contacts: ["<sip:101@192.0.2.2>;expires=120"] });
      const all = ["<sip:101@192.0.2.1>;q=0.5;expires=600", "<sip:101@192.0.2.2>;expires=120"];
      assert.deepEqual(contactsIn(await phone.register({ contacts: [] })), all);
      assert.deepEqual(
        under.divert.phones.contactsOf("101").map(({ uri, q }) => [uri.host, q]),
        [
          ["192.0.2.2", 1],
          ["192.0.2.1", 0.5],
        ],
      );
    });

    it("takes all back with `*` and Expires 0 (RFC 3665 2.4), and with nothing else", async () => {
      await phone.register({ contacts: ["<sip:101@192.0.2.1>", "<sip:101@192.0.2.2>"] });
      for (const sketch of [
        { contacts: ["*"] },
        { contacts: ["*"], expires: 60 },
        { contacts: ["*", "<sip:101@192.0.2.1>"], expires: 0 },
      ]) {
        assert.equal((await phone.register(sketch))?.status, 400);
      }
      assert.equal(under.divert.phones.countOf("101"), 2);
      const gone = await phone.register({ contacts: ["*"], expires: 0 });
      assert.deepEqual([gone?.status, contactsIn(gone)], [200, []]);
      assert.equal(under.divert.phones.countOf("101"), 0);
    });

    it("takes one back with expires=0", async () => {
      await phone.register({ contacts: ["<sip:101@192.0.2.1>", "<sip:101@192.0.2.2>"], expires: 100 });
      const left = await phone.register({ contacts: ["<sip:101@192.0.2.1>;expires=0"] });
      assert.deepEqual(contactsIn(left), ["<sip:101@192.0.2.2>;expires=100"]);
    });

    it("with the wrong password is challenged anew and not registered (RFC 3665 2.5)", async () => {
      const wrong = new TestPhone(phone.peer, "101", "wrong");
      const answer = await wrong.register();
      assert.equal(answer?.status, 401);
      assert.doesNotMatch(answer.headers.get("WWW-Authenticate") ?? "", /stale/);
      assert.equal(under.divert.phones.countOf("101"), 0);
    });

    it("that asks for less than a minute is told how long it must be", async () => {
      const answer = await phone.register({ expires: 59 });
      assert.equal(answer?.status, 423);
      assert.equal(answer.headers.get("Min-Expires"), "60");
      assert.equal(under.divert.phones.countOf("101"), 0);
    });

    it("is given an hour when it asks for more, or for nothing", async () => {
      for (const sketch of [{ expires: 86_400 }, {}]) {
        assert.deepEqual(contactsIn(await phone.register(sketch)), [`${phone.contact};expires=3600`]);
      }
    });

    it("is forgotten when its time is over", async () => {
      await phone.register({ expires: 60 });
      await under.pass(59_000);
      assert.equal(under.divert.phones.countOf("101"), 1);
      await under.pass(1500);
      assert.equal(under.divert.phones.countOf("101"), 0);
    });

    it("changes nothing with a request that a later one has overtaken", async () => {
      const contacts = ["<sip:101@192.0.2.1>"];
      await phone.register({ contacts, expires: 600, cseq: 100 });
      for (const sketch of [
        { contacts: ["<sip:101@192.0.2.3>", "<sip:101@192.0.2.1>"], expires: 60, cseq: 50 },
        { contacts: ["*"], expires: 0, cseq: 51 },
      ]) {
        assert.equal((await phone.register(sketch))?.status, 500);
      }
      const answer = await phone.register({ contacts: [], cseq: 200 });
      assert.deepEqual(contactsIn(answer), ["<sip:101@192.0.2.1>;expires=600"]);
    });

    it("replaces its binding from wherever it is now, by instance and reg-id", async () => {
      const outbound = (contact: string, regId: number) => ({
        contacts: [`<${contact}>;+sip.instance="<urn:uuid:0>";reg-id=${regId}`],
        headers: [["Supported", "path, outbound"]] as const,
        expires: 600,
      });
      const first = await phone.register(outbound("sip:101@192.0.2.1", 1));
      assert.equal(first?.headers.get("Require"), "outbound");
      await phone.register(outbound("sip:101@192.0.2.2", 1));
      const both = await phone.register(outbound("sip:101@192.0.2.3", 2));
      assert.deepEqual(contactsIn(both), [
        '<sip:101@192.0.2.2>;expires=600;reg-id=1;+sip.instance="<urn:uuid:0>"',
        '<sip:101@192.0.2.3>;expires=600;reg-id=2;+sip.instance="<urn:uuid:0>"',
      ]);
      const [contact] = under.divert.phones.contactsOf("101");
      assert.equal(contact?.way.flow.remotePort, phone.peer.local.port);
    });

    it("has its Path passed over, and is refused what it insists on of it (RFC 3327 §5.3)", async () => {
      const path = ["Path", "<sip:edge.example;lr;ob>, <sip:inner.example;lr>"] as const;
      const answer = await phone.register({ headers: [path, ["Supported", "path"]] });
      assert.equal(answer?.status, 200);
      assert.equal(answer.headers.has("Path"), false);
      assert.deepEqual(answer.headers.values("Supported"), ["outbound"]);
      const [contact] = under.divert.phones.contactsOf("101");
      assert.equal(contact?.way.flow.remoteAddress, under.strangerAddress);

      const refused = await phone.register({ headers: [path, ["Require", "path"]] });
      assert.equal(refused?.status, 420);
      assert.deepEqual(refused.headers.values("Unsupported"), ["path"]);
    });

    it("is told that a proxy stands before the flow that it wants to be reached by (RFC 5626 §11.6)", async () => {
      const request = phone.request({
        contacts: [`${phone.contact};+sip.instance="<urn:uuid:0>";reg-id=1`],
        headers: [["Supported", "outbound"]],
      });
      const [challenge] = await ask(phone.peer, request);
      assert.ok(challenge);
      const answered = phone.answered(request, challenge);
      answered.headers.append("Via", "SIP/2.0/UDP 10.0.0.7:5060;branch=z9hG4bKbehind");
      assert.equal((await ask(phone.peer, answered))[0]?.status, 439);
      assert.equal(under.divert.phones.countOf("101"), 0);
    });

    it("may not speak for another", async () => {
      const answer = await phone.register({ to: "<sip:102@divert.example>" });
      assert.equal(answer?.status, 403);
      for (const line of ["101", "102"]) assert.equal(under.divert.phones.countOf(line), 0);
    });

    it("is told that its nonce is stale when it is old, and when its count comes again", async () => {
      const request = phone.request();
      const [challenge] = await ask(phone.peer, request);
      assert.ok(challenge);
      const answered = phone.answered(request, challenge);
      assert.equal((await ask(phone.peer, answered))[0]?.status, 200);
      answered.headers.set("Via", phone.peer.via("replayed"));
      const [replayed] = await ask(phone.peer, answered);
      assert.equal(replayed?.status, 401);
      assert.match(replayed.headers.get("WWW-Authenticate") ?? "", /stale=true/);

      const late = phone.request();
      const [second] = await ask(phone.peer, late);
      assert.ok(second);
      await under.pass(301_000);
      const [stale] = await ask(phone.peer, phone.answered(late, second));
      assert.equal(stale?.status, 401);
      assert.match(stale.headers.get("WWW-Authenticate") ?? "", /stale=true/);
    });

    it("that answers what was not asked is challenged anew, and no other's password serves (CHECKS C02)", async () => {
      const elsewhere = await under.raw(protocol, { address: loopbackAddress() });
      const [foreign] = await ask(elsewhere, phone.request());
      const foreignNonce = /nonce="(\w+)"/.exec(foreign?.headers.get("WWW-Authenticate") ?? "")?.[1];
      assert.ok(foreignNonce);
      for (const [was, is] of [
        [/realm="[^"]*"/, 'realm="elsewhere.example"'],
        [/nonce="[^"]*"/, 'nonce="0123456789abcdef0123456789abcdef"'],
        // It was given to another address.
        [/nonce="[^"]*"/, `nonce="${foreignNonce}"`],
        [/algorithm=[\w-]+/, "algorithm=SHA-512-256"],
      ] as const) {
        const fresh = new TestPhone(phone.peer, "101");
        const request = fresh.request();
        const [challenge] = await ask(phone.peer, request);
        assert.ok(challenge);
        const [first = ""] = challenge.headers.all("WWW-Authenticate");
        challenge.headers.set("WWW-Authenticate", first.replace(was, is));
        const [answer] = await ask(phone.peer, fresh.answered(request, challenge));
        assert.equal(answer?.status, 401, is);
        assert.equal(answer.headers.has("Contact"), false);
        await under.pass(4_000);
      }
      const colleague = new TestPhone(phone.peer, "102");
      const request = colleague.request({ to: "<sip:101@divert.example>" });
      assert.equal((await colleague.prove(request))?.status, 403);
      assert.equal(under.divert.phones.countOf("101"), 0);
    });

    it("begins anew with another Call-ID whatever its CSeq, and with the same one when nothing is known of it", async () => {
      await phone.register({ callId: "before", cseq: 100, expires: 600 });
      assert.equal((await phone.register({ callId: "before", cseq: 5, expires: 600 }))?.status, 500);
      const restarted = await phone.register({ callId: "after", cseq: 1, expires: 300 });
      assert.deepEqual(contactsIn(restarted), [`${phone.contact};expires=300`]);
      await phone.register({ contacts: ["*"], expires: 0, callId: "after", cseq: 10 });
      assert.equal((await phone.register({ callId: "before", cseq: 1, expires: 300 }))?.status, 200);
    });

    it("gets the same answer again for a copy of its request", async () => {
      const request = phone.request();
      const [challenge] = await ask(phone.peer, request);
      assert.ok(challenge);
      const answered = phone.answered(request, challenge);
      const statuses = [];
      for (let copy = 0; copy < 2; copy++) statuses.push((await ask(phone.peer, answered))[0]?.status);
      // Over TCP nothing is sent twice, so there it is a replay.
      assert.deepEqual(statuses, protocol === "UDP" ? [200, 200] : [200, 401]);
      assert.equal(under.divert.phones.countOf("101"), 1);
    });

    it("is refused what it insists on and is not spoken here", async () => {
      const answer = await phone.register({ headers: [["Require", "outbound, gruu"]] });
      assert.equal(answer?.status, 420);
      assert.equal(answer.headers.get("Unsupported"), "gruu");
    });

    it("with empty, absent and repeated credentials is challenged, whatever they are", async () => {
      for (const fields of [
        ["Digest"],
        ["Digest "],
        ['Digest realm="divert"'],
        ['Digest username="", realm="divert", nonce="", uri="", response=""'],
        ["Basic MTAxOnBob25lLTEwMQ=="],
        ['Digest realm="a"', 'Digest realm="b"', 'Digest realm="divert", username="101"'],
      ]) {
        const request = phone.request({ headers: fields.map((field) => ["Authorization", field] as const) });
        const [answer] = await ask(phone.peer, request);
        assert.equal(answer?.status, 401, fields.join());
      }
    });
  });
}
