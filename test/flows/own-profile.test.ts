/** A profile that the installation has written for itself: what it says holds for the next call, and its registrations stay. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import { place } from "../support/placed-call.ts";
import type { RawPeer } from "../support/raw-peer.ts";

describe("a PBX with a profile of the installation's own", () => {
  let under: DivertUnderTest;
  let peer: RawPeer;
  before(async () => {
    under = await DivertUnderTest.start({ rules: { "101": { "always/external": "102" } } });
    peer = await under.raw();
  });
  after(() => under.close());

  const apply = async (values: object) => {
    const profiles = [{ id: "ours", basedOn: "asterisk", source: "trace of May", ...values }];
    const pbx = { id: "hq", profile: "ours", site: "starnberg", registrar: under.pbx.uri };
    const pbxs = [{ ...pbx, domain: "pbx.example", redirect: "yes" }];
    const { status, body } = await under.ask("POST", "/configuration", { profiles, pbxs });
    assert.equal(status, 200, JSON.stringify(body));
  };
  const call = (alertInfo: string) =>
    place(peer, { requestUri: under.contact("101"), headers: [["Alert-Info", alertInfo]] });

  it("has the 302's Contact as the profile says", async () => {
    await apply({ redirectParameters: "user=phone" });
    const { final } = await call("<http://pbx.example>;info=outside");
    assert.deepEqual(
      [final?.status, final?.headers.get("Contact")],
      [302, "<sip:102@pbx.example;user=phone>"],
    );
  });

  it("has its marks believed: no 302 for a group's call, and an outside number that is marked as internal", async () => {
    await apply({
      marks: [
        { says: "group", header: "Alert-Info", contains: "ringgroup" },
        { says: "internal", header: "Alert-Info", contains: "info=inside" },
      ],
    });
    assert.deepEqual((await call("<http://pbx.example>;info=ringgroup")).statuses, [480]);
    assert.deepEqual((await call("<http://pbx.example>;info=inside")).statuses, [480]);
    const { final } = await call("<http://pbx.example>;info=outside");
    assert.deepEqual([final?.status, final?.headers.get("Contact")], [302, "<sip:102@pbx.example>"]);
  });

  it("is asked for no registration anew for that", async () => {
    const lines = new Set(under.pbx.registers.map((request) => request.callId));
    assert.equal(lines.size, under.pbx.registers.length, "one REGISTER a line");
    await under.leavesNothing();
  });
});
