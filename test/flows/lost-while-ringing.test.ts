import { afterEach, describe, it } from "node:test";
import assert from "node:assert/strict";
import { loadConfiguration } from "../../src/config/load-configuration.ts";
import { loopbackAddress } from "../interop/loopback-address.ts";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import type { UnderTestOptions } from "../support/divert-under-test.ts";
import { FlowPhone, withSdp } from "../support/flow-phone.ts";

const open: DivertUnderTest[] = [];
afterEach(async () => {
  for (const under of open.splice(0)) await under.close();
});

const lines = { "101": "refusing", "102": "refusing" } as const;

/** The phone of line 101 rings, and the caller hears it. */
async function ringing(protocol: "UDP" | "TCP", options: UnderTestOptions = {}) {
  const under = await DivertUnderTest.start({ lines, phones: true, ...options });
  open.push(under);
  const pbx = await under.peer();
  const { peer: desk } = await FlowPhone.register(under, "101", loopbackAddress(), protocol);
  const sdp = withSdp([], "v=0\r\ns=offer\r\n");
  const invite = await pbx.sends("INVITE", under.udp, { requestUri: under.contact("101"), ...sdp });
  const rung = await desk.expects("INVITE");
  desk.answers(rung, 180);
  await pbx.expects(180);
  return { under, pbx, desk, invite, rung };
}

/** The configuration is applied anew, without line 101. */
async function removeLine(under: DivertUnderTest): Promise<void> {
  const text = JSON.stringify({
    sites: [
      { id: "starnberg", countryCode: "49", areaCode: "8151", mainNumber: "36856", extensions: ["100-399"] },
    ],
    pbxs: [
      { id: "hq", profile: "generic", site: "starnberg", registrar: under.pbx.uri, domain: "pbx.example" },
    ],
    groups: [{ id: "refusing", pbx: "hq" }],
    lines: [{ id: "102", group: "refusing", username: "102", password: "secret" }],
  });
  const loaded = loadConfiguration(text, { file: "divert.yaml", environment: {} });
  assert.ok(loaded.ok);
  await under.divert.directory.apply(loaded.value, { prune: true });
}

describe("what is lost while a call rings", () => {
  it("is the line: its call ends as one that no phone takes, and rings nobody anew", async () => {
    const { under, pbx, desk, invite, rung } = await ringing("UDP");
    await removeLine(under);
    desk.answers(rung, 486);
    await desk.expects("ACK");
    await pbx.acknowledges(invite, await pbx.expects(480), under.udp);
    await under.leavesNothing();
  });
});
