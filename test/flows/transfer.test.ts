/** A phone hands its call on: its REFER goes to the PBX, with names and dialogs as the PBX knows them. */
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import type { SipRequest, SipResponse } from "../../src/sip/message/message.ts";
import { parseNameAddr } from "../../src/sip/message/name-addr.ts";
import { parseSipUri } from "../../src/sip/message/uri.ts";
import { loopbackAddress } from "../interop/loopback-address.ts";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import { FlowPhone, PeerDialog, withSdp } from "../support/flow-phone.ts";
import type { ScriptedPeer } from "../support/scripted-peer.ts";

const offer = "v=0\r\ns=offer\r\n";
const reply = "v=0\r\ns=reply\r\n";

let under: DivertUnderTest;
afterEach(() => under.close());

/** The phone of line 101, which talks to a caller from outside. */
async function scene(callWaiting = false) {
  under = await DivertUnderTest.start({ lines: { "101": "refusing" }, phones: true, callWaiting });
  const caller = await under.peer();
  const phone = await FlowPhone.register(under, "101", loopbackAddress());
  const first = await talk(caller, phone, "+4989123456");
  return { caller, phone, first };
}

/** A call to the line from that number, answered by its phone: both ends, and the tags and Call-ID on each side of Divert. */
async function talk(
  caller: ScriptedPeer,
  phone: FlowPhone,
  number: string,
  line = "101",
  host = "pbx.example",
) {
  const invite = await caller.sends("INVITE", under.udp, {
    requestUri: under.contact(line),
    from: `<sip:${number}@${host}>;tag=${number}`,
    ...withSdp([], offer),
  });
  const rung = await phone.peer.expects("INVITE");
  const answer = phone.peer.answers(rung, 200, phone.answer(reply));
  const success = await caller.expects(200);
  const far = PeerDialog.ofCaller(caller, under.udp, invite, success);
  await far.acknowledges(invite);
  await phone.peer.expects("ACK");
  return { far, near: PeerDialog.ofCallee(phone.peer, under.udp, rung, answer), rung, answer };
}

function referTo(value: string): readonly (readonly [string, string])[] {
  return [
    ["Contact", "<sip:101@phone.example>"],
    ["Refer-To", value],
  ];
}

/** Replaces as the phone says it that was called: the dialog by its own name, escaped for a URI. */
function replacing(rung: SipRequest, answer: SipResponse): string {
  return encodeURIComponent(`${rung.callId};to-tag=${rung.fromTag ?? ""};from-tag=${answer.toTag ?? ""}`);
}

async function hangUp(far: PeerDialog, phone: FlowPhone): Promise<void> {
  await far.sends("BYE");
  phone.peer.answers(await phone.peer.expects("BYE"), 200);
  await far.peer.expects(200);
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
    await hangUp(first.far, phone);
    await under.leavesNothing();
  });

  it("to no avail where the PBX knows of no transfers and says 481: the call goes on (RFC 5057)", async () => {
    const { caller, phone, first } = await scene();
    await first.near.sends("REFER", undefined, referTo("<sip:103@divert.example>"));
    caller.answers(await caller.expects("REFER"), 481);
    await phone.peer.expects(481);
    await first.far.sends("INFO", "Signal=5");
    phone.peer.answers(await phone.peer.expects("INFO"), 200);
    await caller.expects(200);
    await hangUp(first.far, phone);
    await under.leavesNothing();
  });

  it("after a talk with the other: Replaces names the dialog that the PBX has", async () => {
    const { caller, phone, first } = await scene();
    const colleague = under.pbx.calls;
    const dialled = await phone.dials("105", offer);
    const placed = await colleague.expects("INVITE");
    const taken = colleague.answers(placed, 200, withSdp([["Contact", `<${colleague.uri}>`]], reply));
    const success = await phone.peer.expects(200);
    const near = PeerDialog.ofCaller(phone.peer, under.udp, dialled, success);
    await near.acknowledges(dialled);
    await colleague.expects("ACK");

    const replaces = encodeURIComponent(
      `${dialled.callId};to-tag=${success.toTag ?? ""};from-tag=${dialled.fromTag ?? ""}`,
    );
    await first.near.sends("REFER", undefined, referTo(`<sip:105@divert.example?Replaces=${replaces}>`));
    const refer = await caller.expects("REFER");
    const uri = parseSipUri(parseNameAddr(refer.headers.get("Refer-To") ?? "")?.uri ?? "");
    assert.equal(uri?.user, "105");
    assert.equal(uri.host, "pbx.example");
    assert.equal(
      decodeURIComponent(uri.headers ?? ""),
      `Replaces=${placed.callId};to-tag=${taken.toTag ?? ""};from-tag=${placed.fromTag ?? ""}`,
    );
    caller.answers(refer, 202, { headers: [["Contact", `<${caller.uri}>`]] });
    await phone.peer.expects(202);
    await hangUp(first.far, phone);
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
    const own = await talk(caller, phone, "+4989123456");
    const foreign = await talk(caller, other, "+4989123457", "102");
    const named = replacing(foreign.rung, foreign.answer);
    await own.near.sends("REFER", undefined, referTo(`<sip:102@divert.example?Replaces=${named}>`));
    await phone.peer.expects(403);
    assert.ok(!caller.received.some((message) => "method" in message && message.method === "REFER"));
    await hangUp(own.far, phone);
    await hangUp(foreign.far, other);
    await under.leavesNothing();
  });

  it("to a caller at another host: the PBX is asked for them by its own domain", async () => {
    const { caller, phone, first } = await scene(true);
    const second = await talk(caller, phone, "anonymous", "101", "anonymous.invalid");
    const named = replacing(second.rung, second.answer);
    await first.near.sends("REFER", undefined, referTo(`<sip:anonymous@divert.example?Replaces=${named}>`));
    const refer = await caller.expects("REFER");
    const uri = parseSipUri(parseNameAddr(refer.headers.get("Refer-To") ?? "")?.uri ?? "");
    assert.equal(uri?.user, "anonymous");
    assert.equal(uri.host, "pbx.example");
    caller.answers(refer, 202, { headers: [["Contact", `<${caller.uri}>`]] });
    await phone.peer.expects(202);
    await hangUp(first.far, phone);
    await hangUp(second.far, phone);
    await under.leavesNothing();
  });

  it("and is told when it cannot be: to nobody, with a dialog that is none, or where the PBX refuses", async () => {
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
    await first.near.sends("REFER", undefined, referTo("<sip:103@x>"));
    caller.answers(await caller.expects("REFER"), 403);
    await phone.peer.expects(403);
    await first.far.sends("REFER", undefined, referTo("<sip:103@x>"));
    await caller.expects(603);
    await hangUp(first.far, phone);
    await under.leavesNothing();
  });
});
