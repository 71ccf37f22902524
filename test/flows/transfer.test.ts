/** A phone hands its call on: its REFER goes to the PBX, with names and dialogs as the PBX knows them. */
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { parseNameAddr } from "../../src/sip/message/name-addr.ts";
import { parseSipUri } from "../../src/sip/message/uri.ts";
import { loopbackAddress } from "../interop/loopback-address.ts";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import { FlowPhone } from "../support/flow-phone.ts";
import {
  dial,
  hangUp,
  notified,
  referTo,
  replacing,
  replacingDialled,
  talk,
} from "../support/transfer-scene.ts";

let under: DivertUnderTest;
afterEach(() => under.close());

/** The phone of line 101, which talks to a caller from outside. */
async function scene(callWaiting = false) {
  under = await DivertUnderTest.start({ lines: { "101": "refusing" }, phones: true, callWaiting });
  const caller = await under.peer();
  const phone = await FlowPhone.register(under, "101", loopbackAddress());
  const first = await talk(under, caller, phone, "+4989123456");
  return { caller, phone, first };
}

describe("a phone transfers its call", () => {
  it("blindly: the PBX is asked in the line's name, and its progress comes back", async () => {
    const { caller, phone, first } = await scene();
    await first.near.sends("REFER", undefined, referTo("<sip:103@divert.example>"));
    const refer = await caller.expects("REFER");
    assert.equal(refer.headers.get("Refer-To"), "<sip:103@pbx.example>");
    assert.equal(refer.headers.get("Referred-By"), "<sip:101@pbx.example>");
    assert.match(refer.headers.get("Contact") ?? "", new RegExp(under.contact("101").slice(4, 20)));
    caller.answers(refer, 202, { headers: [["Contact", `<${caller.uri}>`]] });
    await phone.peer.expects(202);

    await first.far.sends("NOTIFY", undefined, [
      ["Event", "refer"],
      ["Subscription-State", "terminated;reason=noresource"],
      ["Content-Type", "message/sipfrag;version=2.0"],
    ]);
    const notify = await phone.peer.expects("NOTIFY");
    assert.equal(notify.headers.get("Event"), "refer");
    phone.peer.answers(notify, 200);
    await caller.expects(200);
    await hangUp(first.far, phone.peer);
    await under.leavesNothing();
  });

  it("once at a time: what the PBX is at is done before the next, and told by the number that the phone knows", async () => {
    const { caller, phone, first } = await scene();
    await first.near.sends("REFER", undefined, referTo("<sip:103@divert.example>", ["Refer-Sub", "true"]));
    const refer = await caller.expects("REFER");
    assert.equal(refer.headers.get("Refer-Sub"), "true");
    // It may be told of before it is agreed to.
    await first.far.sends("NOTIFY", "SIP/2.0 100 Trying", [
      ["Event", `refer;id=${refer.cseq.number}`],
      ["Subscription-State", "active;expires=60"],
      ["Content-Type", "message/sipfrag;version=2.0"],
    ]);
    caller.answers(refer, 202, { headers: [["Contact", `<${caller.uri}>`]] });
    await phone.peer.expects(202);
    const notify = await phone.peer.expects("NOTIFY");
    assert.equal(notify.headers.get("Event"), "refer;id=101");
    phone.peer.answers(notify, 200);
    await caller.expects(200);
    await first.near.sends("REFER", undefined, referTo("<sip:104@divert.example>"));
    await phone.peer.expects(491);

    await first.far.sends("NOTIFY", "SIP/2.0 486 Busy Here", [
      ["Event", "refer"],
      ["Subscription-State", "terminated;reason=noresource"],
    ]);
    phone.peer.answers(await phone.peer.expects("NOTIFY"), 200);
    await caller.expects(200);
    // That was the last word of it, and the next may be tried.
    await first.far.sends("NOTIFY", "SIP/2.0 200 OK", [
      ["Event", "refer"],
      ["Subscription-State", "terminated;reason=noresource"],
    ]);
    await caller.expects(481);
    await first.near.sends("REFER", undefined, referTo("<sip:104@divert.example>"));
    caller.answers(await caller.expects("REFER"), 491);
    await phone.peer.expects(491);
    await hangUp(first.far, phone.peer);
    assert.deepEqual(
      (await under.calls()).map(({ end }) => end),
      ["hungUpByCaller"],
    );
    await under.leavesNothing();
  });

  it("and the log knows that it was handed on", async () => {
    const { caller, phone, first } = await scene();
    await first.near.sends("REFER", undefined, referTo("<sip:103@divert.example>"));
    caller.answers(await caller.expects("REFER"), 202, { headers: [["Contact", `<${caller.uri}>`]] });
    await phone.peer.expects(202);
    await first.far.sends("NOTIFY", "SIP/2.0 200 OK", [
      ["Event", "refer"],
      ["Subscription-State", "terminated;reason=noresource"],
      ["Content-Type", "message/sipfrag;version=2.0"],
    ]);
    assert.equal(await notified(phone), "200 terminated");
    await caller.expects(200);
    await hangUp(first.far, phone.peer);
    assert.deepEqual(
      (await under.calls()).map(({ end }) => end),
      ["transferred"],
    );
    await under.leavesNothing();
  });

  it("after a talk with the other: Replaces names the dialog that the PBX has", async () => {
    const { caller, phone, first } = await scene();
    const colleague = under.pbx.calls;
    const { near, far, dialled, success, placed } = await dial(under, phone, "105");
    const replaces = replacingDialled(dialled, success);
    await first.near.sends("REFER", undefined, referTo(`<sip:105@divert.example?Replaces=${replaces}>`));
    const refer = await caller.expects("REFER");
    const uri = parseSipUri(parseNameAddr(refer.headers.get("Refer-To") ?? "")?.uri ?? "");
    assert.equal(uri?.user, "105");
    assert.equal(uri.host, "pbx.example");
    assert.equal(
      decodeURIComponent(uri.headers ?? ""),
      `Replaces=${placed.callId};to-tag=${far.peer.tag};from-tag=${placed.fromTag ?? ""}`,
    );
    caller.answers(refer, 202, { headers: [["Contact", `<${caller.uri}>`]] });
    await phone.peer.expects(202);
    await hangUp(first.far, phone.peer);
    await near.sends("BYE");
    colleague.answers(await colleague.expects("BYE"), 200);
    await phone.peer.expects(200);
    await under.leavesNothing();
  });

  it("only to a call of its own line: one of another line is not replaced", async () => {
    under = await DivertUnderTest.start({ lines: { "101": "refusing", "102": "refusing" }, phones: true });
    const caller = await under.peer();
    const phone = await FlowPhone.register(under, "101", loopbackAddress());
    const other = await FlowPhone.register(under, "102", loopbackAddress());
    const own = await talk(under, caller, phone, "+4989123456");
    const foreign = await talk(under, caller, other, "+4989123457", { line: "102" });
    const named = replacing(foreign.rung, foreign.answer);
    await own.near.sends("REFER", undefined, referTo(`<sip:102@divert.example?Replaces=${named}>`));
    await phone.peer.expects(403);
    assert.ok(!caller.received.some((message) => "method" in message && message.method === "REFER"));
    await hangUp(own.far, phone.peer);
    await hangUp(foreign.far, other.peer);
    await under.leavesNothing();
  });

  it("to a caller at another host: the PBX is asked for them by its own domain", async () => {
    const { caller, phone, first } = await scene(true);
    const second = await talk(under, caller, phone, "anonymous", { host: "anonymous.invalid" });
    const named = replacing(second.rung, second.answer);
    await first.near.sends("REFER", undefined, referTo(`<sip:anonymous@divert.example?Replaces=${named}>`));
    const refer = await caller.expects("REFER");
    const uri = parseSipUri(parseNameAddr(refer.headers.get("Refer-To") ?? "")?.uri ?? "");
    assert.equal(uri?.user, "anonymous");
    assert.equal(uri.host, "pbx.example");
    caller.answers(refer, 202, { headers: [["Contact", `<${caller.uri}>`]] });
    await phone.peer.expects(202);
    await hangUp(first.far, phone.peer);
    await hangUp(second.far, phone.peer);
    await under.leavesNothing();
  });

  it("and is told when it cannot be: to nobody, or with a dialog that is none", async () => {
    const { caller, phone, first } = await scene();
    for (const [value, status] of [
      ["<sip:divert.example>", 400],
      ["<mailto:bob@x>", 416],
      ["<sip:105@x?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc>", 404],
      ["<sip:105@x?Replaces=%>", 404],
    ] as const) {
      await first.near.sends("REFER", undefined, referTo(value));
      await phone.peer.expects(status);
    }
    assert.ok(!caller.received.some((message) => "method" in message && message.method === "REFER"));
    await first.far.sends("REFER", undefined, referTo("<sip:103@x>"));
    await caller.expects(603);
    await hangUp(first.far, phone.peer);
    await under.leavesNothing();
  });
});
