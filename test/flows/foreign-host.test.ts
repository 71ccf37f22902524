/** Forwardings to a host that is not the PBX's: refused unless the line's group names it, and then carried by Divert itself. */
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { loopbackAddress } from "../interop/loopback-address.ts";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import { PeerDialog, withSdp } from "../support/flow-phone.ts";
import { ScriptedPeer } from "../support/scripted-peer.ts";

const offer = "v=0\r\no=caller 1 1 IN IP4 192.0.2.7\r\ns=-\r\n";
const reply = "v=0\r\no=partner 2 2 IN IP4 192.0.2.8\r\ns=-\r\n";
const privateToLine = /^(Authorization|Proxy-Authorization|P-Asserted-Identity|Remote-Party-ID|Route)$/i;

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function scene() {
  const host = loopbackAddress();
  const partner = await ScriptedPeer.open("UDP", 5060, host);
  closing.push(() => partner.close());
  const under = await DivertUnderTest.start({ group: { targets: { foreignHosts: [host] } } });
  closing.push(() => under.close());
  const caller = await under.peer();
  const call = (headers: readonly (readonly [string, string])[] = []) =>
    caller.sends("INVITE", under.udp, {
      requestUri: under.contact("101"),
      from: '"Ann" <sip:+4989123456@pbx.example>;tag=ann',
      ...withSdp(headers, offer),
    });
  return { under, host, partner, caller, call };
}

describe("a target at another host", () => {
  it("is refused unless the group names the host, with the mend", async () => {
    const { under } = await scene();
    const { status, body } = await under.ask("PUT", "/lines/101/forwardings/always/all", {
      target: "sip:bob@elsewhere.example",
    });
    assert.equal(status, 422);
    const { code, faults } = body as { code: string; faults: readonly { mend: string }[] };
    assert.equal(code, "target-barred");
    assert.match(faults[0]?.mend ?? "", /targets\.foreignHosts/);
  });

  it("is relayed also where the PBX follows a 302, with nothing of the line or the PBX in it, and either end hangs up", async () => {
    for (const hangsUp of ["partner", "caller"] as const) {
      const { under, host, partner, caller, call } = await scene();
      await under.forward("101", "always/all", `sip:bob@${host}`);
      const invite = await call([["P-Asserted-Identity", "<sip:+4989123456@pbx.example>"]]);
      await caller.expects(181);
      const away = await partner.expects("INVITE");
      assert.equal(away.requestUri, `sip:bob@${host}`);
      const told = [...away.headers.entries()].map(([name]) => name);
      assert.deepEqual(
        told.filter((name) => privateToLine.test(name)),
        [],
      );
      const token = /sip:([^@]+)@/.exec(under.contact("101"))?.[1] ?? "";
      assert.ok(token.length > 10 && !away.headers.get("Contact")?.includes(token));
      assert.equal(away.body.toString(), offer);

      partner.answers(away, 200, withSdp([["Contact", `<sip:bob@${host}>`]], reply));
      const success = await caller.expects(200);
      const near = PeerDialog.ofCaller(caller, under.udp, invite, success);
      await near.acknowledges(invite);
      const ack = await partner.expects("ACK");
      if (hangsUp === "partner") {
        await partner.sends("BYE", under.udp, {
          requestUri: /<([^>]+)>/.exec(away.headers.get("Contact") ?? "")?.[1] ?? "",
          from: ack.headers.get("To") ?? "",
          to: away.headers.get("From") ?? "",
          callId: away.callId,
        });
        assert.equal((await partner.expects(200)).cseq.method, "BYE");
        caller.answers(await caller.expects("BYE"), 200);
      } else {
        await near.sends("BYE");
        assert.equal((await caller.expects(200)).cseq.method, "BYE");
        partner.answers(await partner.expects("BYE"), 200);
      }
      assert.equal(under.pbx.calls.received.length, 0);
      await under.leavesNothing();
      const [logged] = await under.calls();
      assert.equal(logged?.action, "relay");
    }
  });

  it("gets no password when it asks for one", async () => {
    const { under, host, partner, caller, call } = await scene();
    await under.forward("101", "always/all", `sip:bob@${host}`);
    await call();
    await caller.expects(181);
    partner.answers(await partner.expects("INVITE"), 407, {
      headers: [["Proxy-Authenticate", 'Digest realm="pbx.example", nonce="n", algorithm=MD5']],
    });
    await partner.expects("ACK");
    await caller.expects(480);
    assert.equal(
      partner.received.filter((each) => each.kind === "request" && each.method === "INVITE").length,
      1,
    );
  });

  it("that is the PBX's own address under another name is not called", async () => {
    const host = "localhost";
    const under = await DivertUnderTest.start({
      group: { targets: { foreignHosts: [host] } },
      pbx: { addresses: ["127.0.0.0/8"] },
    });
    closing.push(() => under.close());
    await under.forward("101", "always/all", `sip:bob@${host}:${under.pbx.calls.port}`);
    const caller = await under.peer();
    await caller.sends("INVITE", under.udp, {
      requestUri: under.contact("101"),
      from: "<sip:+4989123456@pbx.example>;tag=ann",
      ...withSdp([], offer),
    });
    await caller.expects(181);
    await caller.expects(480);
    assert.equal(under.pbx.calls.received.length, 0);
  });
});
