/** CHECKS B17: what stands in a 302, header by header, for each kind of forwarding and each form of target. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { HeaderField } from "../../src/sip/message/build.ts";
import type { SipResponse } from "../../src/sip/message/message.ts";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import { acknowledge, ask, cancelOf, place, requestOf, wireOf } from "../support/placed-call.ts";
import type { RawPeer } from "../support/raw-peer.ts";

const inside = "<sip:100@pbx.example>;tag=inside";
const outside = "<sip:+4989123456@pbx.example>;tag=outside";
/** What a 302 has besides what it says of the diversion. */
const always = ["Call-ID", "CSeq", "Contact", "Content-Length", "From", "To", "Via"];

function namesOf(response: SipResponse): string[] {
  return [...response.headers.entries()].map(([name]) => name).toSorted();
}

describe("the 302 of each kind of forwarding", () => {
  let under: DivertUnderTest;
  let peer: RawPeer;
  before(async () => {
    under = await DivertUnderTest.start();
    peer = await under.raw();
  });
  after(() => under.close());

  const kinds = [
    { when: "always", busy: false, reason: "unconditional", cause: 302 },
    { when: "always", busy: true, reason: "unconditional", cause: 302 },
    { when: "busy", busy: true, reason: "user-busy", cause: 486 },
    { when: "unreachable", busy: false, reason: "unavailable", cause: 503 },
  ] as const;

  for (const { when, busy, reason, cause } of kinds) {
    for (const callers of ["all", "internal", "external"] as const) {
      for (const from of [inside, outside]) {
        const isInside = from === inside;
        const fits = callers === "all" || (callers === "internal") === isInside;
        const story = `${when}/${callers}, ${busy ? "busy" : "idle"}, from ${isInside ? "inside" : "outside"}`;
        it(`${story}: ${fits ? `to the target as ${reason}` : "no 302"}`, async () => {
          const requestUri = under.contact("111");
          const ringing = requestOf(peer, { requestUri });
          if (busy) assert.deepEqual(await peer.statusesOf(wireOf(ringing)), [180]);
          await under.forward("111", `${when}/${callers}`, "102");
          const call = await place(peer, { requestUri, from, headers: [["Supported", "histinfo"]] });
          await under.ask("DELETE", `/lines/111/forwardings/${when}/${callers}`);
          for (const left of busy ? [ringing] : fits ? [] : [call.invite]) {
            const final = (await ask(peer, cancelOf(left))).find(({ status }) => status === 487);
            assert.ok(final !== undefined);
            await acknowledge(peer, left, final);
          }
          if (!fits) {
            assert.deepEqual(call.statuses, [busy ? 486 : 180]);
            return;
          }
          const { final } = call;
          assert.equal(final?.status, 302);
          assert.deepEqual(
            namesOf(final),
            [...always, "Diversion", "History-Info", "History-Info"].toSorted(),
          );
          assert.equal(final.headers.get("Contact"), "<sip:102@pbx.example>");
          assert.deepEqual(final.headers.all("Diversion"), [
            `<sip:111@pbx.example>;reason=${reason};counter=1`,
          ]);
          assert.deepEqual(final.headers.all("History-Info"), [
            "<sip:111@pbx.example>;index=1",
            `<sip:102@pbx.example;cause=${cause}>;index=1.1`,
          ]);
          assert.ok(final.toTag !== undefined && final.toTag.length >= 16);
          assert.equal(final.body.length, 0);
          assert.equal(final.headers.get("Content-Length"), "0");
          await under.pass(2000);
        });
      }
    }
  }

  it("leave nothing", () => under.leavesNothing());
});

describe("the 302 to each form of target", () => {
  let under: DivertUnderTest;
  let peer: RawPeer;
  before(async () => {
    under = await DivertUnderTest.start();
    peer = await under.raw();
  });
  after(() => under.close());

  const targets: Record<string, string> = {
    "102": "<sip:102@pbx.example>",
    "+4989777888": "<sip:+4989777888@pbx.example>",
    "+49 (89) 777-888": "<sip:+4989777888@pbx.example>",
    "0089777888": "<sip:+4989777888@pbx.example>",
    "+4915112345678": "<sip:+4915112345678@pbx.example>",
    "+15555550100": "<sip:+15555550100@pbx.example>",
    "*72": "<sip:*72@pbx.example>",
    "#31#102": "<sip:%2331%23102@pbx.example>",
    "sip:102@pbx.example": "<sip:102@pbx.example>",
    "sip:+4989777888@PBX.example": "<sip:+4989777888@pbx.example>",
  };
  for (const [target, contact] of Object.entries(targets)) {
    it(`${target}: ${contact}`, async () => {
      await under.forward("101", "always/all", target);
      const { final } = await place(peer, { requestUri: under.contact("101") });
      assert.equal(final?.status, 302);
      assert.deepEqual(final.headers.all("Contact"), [contact]);
      assert.deepEqual(namesOf(final), [...always, "Diversion"].toSorted());
    });
  }

  const refused = [
    "sip:102@pbx.example;user=phone",
    "sip:102@pbx.example?Subject=x",
    '"Jürgen" <sip:102@pbx.example>',
    "<sip:102@pbx.example>",
    "sip:102@elsewhere.example",
    "sips:102@pbx.example",
    "tel:+4989777888",
    "102@pbx.example",
  ];
  for (const target of refused) {
    it(`${target} is refused when it is set, and the target before it stays`, async () => {
      await under.forward("101", "always/all", "102");
      const { status } = await under.ask("PUT", "/lines/101/forwardings/always/all", { target });
      assert.equal(status, 422);
      const { final } = await place(peer, { requestUri: under.contact("101") });
      assert.equal(final?.headers.get("Contact"), "<sip:102@pbx.example>");
    });
  }

  it("has the caller's name back as it came, quotes, umlauts and broken octets, and nowhere else", async () => {
    await under.forward("101", "always/all", "102");
    for (const name of [
      '"J\\"ürgen\\\\"',
      '"Zoë <sip:evil@x>;tag=1, "',
      '"\u202etxt"',
      '"\xff\xfe"',
      "Anna Maria",
    ]) {
      const from = Buffer.from(`${name} <sip:100@pbx.example>;tag=${name.length}`, "utf8").toString("latin1");
      const { final } = await place(peer, { requestUri: under.contact("101"), from });
      assert.equal(final?.status, 302, name);
      assert.equal(final.headers.get("From"), from);
      assert.deepEqual(namesOf(final), [...always, "Diversion"].toSorted());
      assert.equal(final.headers.get("Contact"), "<sip:102@pbx.example>");
      assert.equal(final.headers.get("Diversion"), "<sip:101@pbx.example>;reason=unconditional;counter=1");
      await under.pass(2000);
    }
  });
});

describe("the 302 of a call that was diverted before", () => {
  it("puts ours on top and the others below it as they came, with their privacy", async (test) => {
    const under = await DivertUnderTest.start({ rules: { "101": { "always/all": "102" } } });
    test.after(() => under.close());
    const peer = await under.raw();
    const diversions = [
      '"Front desk" <sip:300@pbx.example>;reason=user-busy;counter=1;privacy=full',
      "<tel:+4989999>;reason=no-answer;screen=no",
    ];
    const history = [
      "<sip:300@pbx.example?Privacy=history>;index=1",
      "<sip:101@pbx.example;cause=486>;index=1.1",
    ];
    const headers: HeaderField[] = [
      ...diversions.map((value): HeaderField => ["Diversion", value]),
      ["History-Info", history.join(", ")],
    ];
    const { final } = await place(peer, { requestUri: under.contact("101"), headers });
    assert.equal(final?.status, 302);
    assert.deepEqual(final.headers.all("Diversion"), [
      "<sip:101@pbx.example>;reason=unconditional;counter=1",
      ...diversions,
    ]);
    assert.deepEqual(final.headers.all("History-Info"), [
      history.join(", "),
      "<sip:102@pbx.example;cause=302>;index=1.1.1",
    ]);
  });

  it("has what the profile of the PBX says, and no more", async (test) => {
    const under = await DivertUnderTest.start({
      rules: { "101": { "always/all": "+4989777888" } },
      pbx: {
        redirectHost: "registrar",
        redirectParameters: "user=phone",
        redirectNumber: "dialled",
        diversion: "no",
        historyInfo: "no",
      },
    });
    test.after(() => under.close());
    const peer = await under.raw();
    const headers = [["Supported", "histinfo"]] as const;
    const { final } = await place(peer, { requestUri: under.contact("101"), headers });
    assert.equal(final?.status, 302);
    const registrar = under.pbx.uri.replace("sip:", "").replace(";transport=udp", "");
    // The outside line, then as one dials there.
    assert.equal(final.headers.get("Contact"), `<sip:0089777888@${registrar};user=phone>`);
    assert.deepEqual(namesOf(final), always.toSorted());
  });
});
