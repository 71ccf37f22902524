/** CHECKS A15: responses that nobody asked for, and answers to our own requests that are up to something. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createResponse } from "../../src/sip/message/build.ts";
import type { SipRequest, SipResponse } from "../../src/sip/message/message.ts";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import { place, wireOf } from "../support/placed-call.ts";
import type { RegisterAnswer } from "../support/scripted-pbx.ts";

const states = (under: DivertUnderTest) =>
  [...under.divert.lines.all()].map(({ registration }) => registration.state);

/** A response to a REGISTER, changed. */
function changed(response: SipResponse, change: (response: SipResponse) => void): SipResponse {
  change(response);
  return response;
}

describe("responses that nobody asked for", () => {
  it("are dropped: nothing is sent for them, and no state changes", async (test) => {
    const under = await DivertUnderTest.start({ rules: { "101": { "always/all": "102" } } });
    test.after(() => under.close());
    const registers = under.pbx.registers.length;
    await under.pass(5000);
    const waiting = () => under.divert.userAgent.counts().nonInviteClient;
    assert.equal(waiting(), 0);
    const [register] = under.pbx.registers;
    assert.ok(register !== undefined);
    for (const from of [under.address, under.strangerAddress]) {
      const peer = await under.rawUdp({ address: from });
      for (const status of [100, 180, 200, 302, 401, 407, 423, 487, 503, 603, 699]) {
        const copy = createResponse(register, status, undefined, {
          headers: [
            ["Contact", "<sip:evil@192.0.2.66>"],
            ["WWW-Authenticate", 'Digest realm="pbx.example", nonce="1"'],
          ],
        });
        const wrongBranch = changed(createResponse(register, status), ({ headers }) =>
          headers.set("Via", (headers.get("Via") ?? "").replace(/branch=[^;]*/, "branch=z9hG4bKother")),
        );
        const foreign = changed(createResponse(register, status), ({ headers }) =>
          headers.set("Via", peer.via("not-ours")),
        );
        const twoVias = changed(createResponse(register, status), ({ headers }) =>
          headers.append("Via", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK2"),
        );
        const toInvite = changed(createResponse(register, status), ({ headers }) =>
          headers.set("CSeq", "1 INVITE"),
        );
        const responses = [copy, wrongBranch, foreign, twoVias, toInvite];
        assert.deepEqual(await peer.exchange(...responses.map(wireOf)), [], `${status} was answered`);
      }
      for (const startLine of [
        "SIP/2.0 700 Beyond",
        "SIP/2.0 999 Far",
        "SIP/2.0 099 Below",
        "SIP/2.0 1000 Long",
      ]) {
        const odd: string = wireOf(createResponse(register, 200))
          .toString("latin1")
          .replace("SIP/2.0 200 OK", startLine);
        assert.deepEqual(await peer.exchange(odd), []);
      }
    }
    assert.equal(waiting(), 0);
    assert.equal(under.pbx.registers.length, registers);
    assert.ok(states(under).every((state) => state === "registered"));
    assert.deepEqual((await place(await under.raw(), { requestUri: under.contact("101") })).statuses, [302]);
    await under.leavesNothing();
  });
});

describe("answers to our own REGISTER", () => {
  const lines = { "101": "refusing" } as const;

  /** The line's state after ten minutes with a registrar that answers so, and how many REGISTERs it got. */
  async function registerAt(
    pbxAnswers: RegisterAnswer,
  ): Promise<{ state: string | undefined; registers: SipRequest[] }> {
    const under = await DivertUnderTest.start({ lines, unregistered: true, pbxAnswers });
    try {
      await under.pass(600_000);
      return { state: states(under)[0], registers: [...under.pbx.registers] };
    } finally {
      await under.close();
    }
  }

  it("that match no transaction leave the line waiting for the right one", async () => {
    const { state } = await registerAt((request, pbx) => {
      const wrong = pbx.accepts(request);
      wrong.headers.set(
        "Via",
        (wrong.headers.get("Via") ?? "").replace(/branch=[^;]*/, "branch=z9hG4bKother"),
      );
      const twice = pbx.accepts(request);
      twice.headers.append("Via", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK2");
      return [wrong, twice];
    });
    assert.notEqual(state, "registered");
  });

  it("with a thousand Contacts in a 302 are followed twice at the most, and to the PBX alone", async () => {
    const { registers } = await registerAt((request, pbx) => {
      const contacts = Array.from({ length: 500 }, (_, index) => [
        ["Contact", `<sip:192.0.2.${index % 250}:${5000 + index}>`] as const,
        ["Contact", `<${pbx.uri}>`] as const,
      ]).flat();
      return [createResponse(request, 302, undefined, { toTag: "pbx", headers: contacts })];
    });
    assert.ok(registers.length >= 3, "it is followed");
    assert.ok(registers.length <= 60, `${registers.length} requests in ten minutes`);
  });

  it("that challenge for ever are answered twice a try, and the line is refused", async () => {
    let nonces = 0;
    const { state, registers } = await registerAt((request) => {
      const challenge = `Digest realm="pbx.example", nonce="${nonces++}", qop="auth", algorithm=MD5`;
      return [
        createResponse(request, 401, undefined, { toTag: "pbx", headers: [["WWW-Authenticate", challenge]] }),
      ];
    });
    assert.notEqual(state, "registered");
    assert.ok(registers.length <= 60, `${registers.length} requests in ten minutes`);
  });
});
