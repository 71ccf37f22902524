import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { loopbackAddress } from "../interop/loopback-address.ts";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import { FlowPhone, PeerDialog, withSdp } from "../support/flow-phone.ts";

const offer = "v=0\r\ns=offer\r\n";
const reply = "v=0\r\ns=reply\r\n";

const open: DivertUnderTest[] = [];
afterEach(async () => {
  for (const under of open.splice(0)) await under.close();
});

/** A phone that dials; the outbound proxy of the PBX is a peer that does as the test says. */
async function scene(protocol: "UDP" | "TCP" = "UDP") {
  const under = await DivertUnderTest.start({ lines: { "101": "refusing" }, phones: true });
  open.push(under);
  const phone = await FlowPhone.register(under, "101", loopbackAddress(), protocol);
  const pbx = under.pbx.calls;
  return { under, phone, desk: phone.peer, pbx };
}

describe("a phone calls out", () => {
  it("over the line, in its name and with its password, to the number as dialled; they talk", async () => {
    const { under, phone, desk, pbx } = await scene("TCP");
    const dialled = await phone.dials("00891234%23", offer);
    const first = await pbx.expects("INVITE");
    assert.equal(first.uri?.user, "00891234%23");
    assert.equal(first.uri.host, "pbx.example");
    assert.equal(first.from.uri, "sip:101@pbx.example");
    assert.equal(first.body.toString(), offer);
    assert.equal(first.maxForwards, 69);
    assert.equal(under.divert.lines.find("101")?.callsInProgress, 1);
    pbx.answers(first, 407, {
      headers: [["Proxy-Authenticate", 'Digest realm="pbx.example", nonce="n1", qop="auth"']],
    });
    await pbx.expects("ACK");
    const invite = await pbx.expects("INVITE");
    assert.match(invite.headers.get("Proxy-Authorization") ?? "", /username="101"/);
    assert.ok(!invite.headers.has("Authorization"));

    const contact = ["Contact", `<${pbx.uri}>`] as const;
    pbx.answers(invite, 180, { headers: [contact] });
    await desk.expects(180);
    pbx.answers(invite, 200, withSdp([contact], reply));
    const answer = await desk.expects(200);
    assert.equal(answer.body.toString(), reply);
    await pbx.expects("ACK");
    const caller = PeerDialog.ofCaller(desk, under.tcp, dialled, answer);
    await caller.acknowledges(dialled);
    await under.pass(3_000);
    await caller.sends("BYE");
    const bye = await pbx.expects("BYE");
    pbx.answers(bye, 200);
    await desk.expects(200);
    await under.leavesNothing();
    const [logged] = await under.calls();
    assert.deepEqual(
      [logged?.action, logged?.line, logged?.status, logged?.end],
      ["dial", "101", 200, "hungUpByCaller"],
    );
  });

  it("hears what the PBX says when the call fails", async () => {
    const { under, phone, desk, pbx } = await scene();
    const dialled = await phone.dials("999", offer);
    const invite = await pbx.expects("INVITE");
    pbx.answers(invite, 404);
    await pbx.expects("ACK");
    await desk.acknowledges(dialled, await desk.expects(404), under.udp);
    await under.leavesNothing();
    assert.equal((await under.calls()).at(-1)?.end, "refused");
  });

  it("gives up, and the PBX hears of it", async () => {
    const { under, phone, desk, pbx } = await scene();
    const dialled = await phone.dials("105", offer);
    const invite = await pbx.expects("INVITE");
    pbx.answers(invite, 180);
    await desk.expects(180);
    await desk.cancels(dialled, under.udp);
    await desk.acknowledges(dialled, await desk.expects(487), under.udp);
    const cancel = await pbx.expects("CANCEL");
    pbx.answers(cancel, 200);
    pbx.answers(invite, 487);
    await pbx.expects("ACK");
    await under.leavesNothing();
    assert.equal((await under.calls()).at(-1)?.end, "cancelled");
  });

  it("makes its line busy for those who call it", async () => {
    const { under, phone, desk, pbx } = await scene();
    const dialled = await phone.dials("105", offer);
    const invite = await pbx.expects("INVITE");
    const peer = await under.peer();
    const second = await peer.sends("INVITE", under.udp, { requestUri: under.contact("101") });
    await peer.acknowledges(second, await peer.expects(486), under.udp);
    pbx.answers(invite, 486);
    await pbx.expects("ACK");
    await desk.acknowledges(dialled, await desk.expects(486), under.udp);
    await under.leavesNothing();
  });

  it("cannot say who it is, nor bring headers of its own, in whatever spelling (CVE-2020-28361)", async () => {
    const { under, phone, desk, pbx } = await scene();
    const dialled = await phone.dials("105", offer, [
      ["P-Asserted-Identity", "<sip:110@pbx.example>"],
      ["p-asserted-identity", "<sip:110@pbx.example>"],
      ["Remote-Party-ID", "<sip:110@pbx.example>"],
      ["Diversion", "<sip:102@pbx.example>;reason=unconditional"],
      ["X-Inner", "1"],
      ["Route", "<sip:elsewhere.example;lr>"],
      ["Subject", "lunch"],
    ]);
    const invite = await pbx.expects("INVITE");
    const names = [...invite.headers.entries()].map(([name]) => name);
    assert.deepEqual(
      new Set(names),
      new Set([
        "Via",
        "Max-Forwards",
        "From",
        "To",
        "Call-ID",
        "CSeq",
        "Contact",
        "Allow",
        "Supported",
        "Subject",
        "Content-Type",
        "Content-Length",
      ]),
    );
    assert.equal(invite.from.uri, "sip:101@pbx.example");
    pbx.answers(invite, 603);
    await pbx.expects("ACK");
    await desk.acknowledges(dialled, await desk.expects(603), under.udp);
    await under.leavesNothing();
  });

  it("does not reach a host that is none of the PBX's by name, nor claim to be somebody else", async () => {
    const { under, phone, desk, pbx } = await scene();
    const dialled = await phone.dials("someone", offer);
    await desk.acknowledges(dialled, await desk.expects(404), under.udp);
    assert.ok(!pbx.received.some((m) => m.kind === "request" && m.method === "INVITE"));
    await under.leavesNothing();
  });
});
