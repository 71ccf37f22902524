/** CHECKS C08 and C10: nobody calls, or has anything passed on, over a line that is not his: each leg that leaves is counted. */
import assert from "node:assert/strict";
import { type TestContext, describe, it } from "node:test";
import { loopbackAddress } from "../interop/loopback-address.ts";
import type { SipMessage, SipRequest, SipResponse } from "../../src/sip/message/message.ts";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import { acknowledge, ask, cancelOf, place, requestOf, responsesIn, wireOf } from "../support/placed-call.ts";
import type { RequestSketch } from "../support/placed-call.ts";
import type { RawPeer } from "../support/raw-peer.ts";
import { TestPhone } from "../support/test-phone.ts";

const costly = ["+881612345678", "0190123456", "004989123456", "105"];

/** Two users' phones, a stranger, the PBX, and a host of somebody else's that nothing may go to. */
async function setUp(test: TestContext) {
  const under = await DivertUnderTest.start({ phones: true });
  test.after(() => under.close());
  const phoneOf = async (username: string): Promise<TestPhone> => {
    const phone = new TestPhone(await under.raw("UDP", { address: loopbackAddress() }), username);
    assert.equal((await phone.register())?.status, 200);
    return phone;
  };
  const [victim, user] = [await phoneOf("101"), await phoneOf("102")];
  const stranger = await under.raw("UDP", { address: under.strangerAddress });
  const third = await under.raw("UDP", { address: loopbackAddress() });
  under.pbx.others.length = 0;
  /** All requests that Divert has sent to anybody; keep-alives are none, and the PBX's REGISTERs do not count. */
  const legs = (): SipRequest[] =>
    [victim.peer, user.peer, stranger, third]
      .flatMap(({ arrived }) => requestsIn(arrived))
      .concat(requestsIn(under.pbx.others));
  return { under, victim, user, stranger, third, thirdUri: uriOf(third), legs };
}

function requestsIn(messages: readonly SipMessage[]): SipRequest[] {
  return messages.filter((message) => message.kind === "request");
}

function uriOf({ local }: RawPeer): string {
  return `sip:anna@${local.address}:${local.port}`;
}

/** A phone's INVITE, with the password that it is asked for; resolves with what was answered at once. */
async function dial(phone: TestPhone, sketch: RequestSketch): Promise<number[]> {
  const { peer, username } = phone;
  const from = `<sip:${username}@divert.example>;tag=1`;
  const first = await place(peer, { from, ...sketch });
  assert.deepEqual(first.statuses, [401]);
  const invite = phone.answered(first.invite, first.final ?? assert.fail());
  const responses = responsesIn(await peer.exchange(wireOf(invite)));
  const final = responses.find(({ status }) => status >= 300);
  if (final !== undefined) await acknowledge(peer, invite, final);
  return responses.map(({ status }) => status);
}

const methods = [
  "MESSAGE",
  "SUBSCRIBE",
  "NOTIFY",
  "PUBLISH",
  "REFER",
  "INFO",
  "UPDATE",
  "PRACK",
  "BYE",
  "TELEPORT",
];
const parts: Readonly<Record<string, Partial<RequestSketch>>> = {
  NOTIFY: {
    headers: [
      ["Event", "message-summary"],
      ["Subscription-State", "active"],
      ["Content-Type", "application/simple-message-summary"],
    ],
    body: Buffer.from(`Messages-Waiting: yes\r\nMessage-Account: sip:${"a".repeat(4096)}@x\r\n`),
  },
  SUBSCRIBE: { headers: [["Event", "presence"]] },
  PUBLISH: { headers: [["Event", "presence"]] },
};

describe("a request of any other method", () => {
  it("is passed on to nobody and changes nothing, from a stranger, another user's phone, and the PBX", async (test) => {
    const { under, victim, user, stranger, thirdUri, legs } = await setUp(test);
    const pbx = await under.raw("UDP");
    const bindings = under.divert.phones.listOf("101");
    const uris = ["sip:101@divert.example", under.contact("101"), uriOf(victim.peer), thirdUri];
    for (const method of methods) {
      for (const requestUri of uris) {
        for (const [peer, allowed] of [
          [stranger, [403]],
          [user.peer, [405, 481, 501]],
          [pbx, [405, 481, 501]],
        ] as const) {
          const { headers = [], body } = parts[method] ?? {};
          const sketch = {
            method,
            requestUri,
            headers: [...headers, ["Refer-To", `<${thirdUri}>`], ["Route", `<${thirdUri};lr>`]] as const,
            ...(body !== undefined && { body }),
          };
          const [answer, ...more] = await ask(peer, requestOf(peer, sketch));
          assert.ok(answer !== undefined && allowed.some((status) => status === answer.status), method);
          assert.deepEqual(more, []);
          const allow = answer.headers.get("Allow");
          assert.equal(allow, answer.status === 405 ? "INVITE, ACK, CANCEL, BYE, OPTIONS" : undefined);
        }
        await under.pass(1000);
      }
    }
    assert.deepEqual(legs(), []);
    assert.deepEqual(under.divert.phones.listOf("101"), bindings);
    await under.leavesNothing();
    assert.deepEqual(legs(), []);
  });
});

describe("an INVITE to somewhere that costs money", () => {
  it("of a stranger leaves by no leg, whoever he says he is and wherever he points", async (test) => {
    const { under, stranger, thirdUri, legs } = await setUp(test);
    for (const number of costly) {
      for (const host of [
        "divert.example",
        "pbx.example",
        `${under.udp.address}:${under.udp.port}`,
        "elsewhere.example",
      ]) {
        for (const requestUri of [`sip:${number}@${host}`, `sip:${number}@${host};user=phone`, thirdUri]) {
          const headers = [
            ["P-Asserted-Identity", "<sip:101@pbx.example>"],
            ["P-Preferred-Identity", "<sip:101@pbx.example>"],
            ["Remote-Party-ID", "<sip:101@pbx.example>;party=calling;screen=yes"],
            ["Route", `<${thirdUri};lr>, <${under.pbx.uri};lr>`],
          ] as const;
          const from = "<sip:101@divert.example>;tag=1";
          assert.deepEqual((await place(stranger, { requestUri, from, headers })).statuses, [401]);
        }
      }
      await under.pass(1000);
    }
    // A tel URI, and the line's own Contact, which he may have learned.
    for (const requestUri of ["tel:+881612345678", under.contact("101")])
      assert.deepEqual((await place(stranger, { requestUri })).statuses, [401]);
    await under.leavesNothing();
    assert.deepEqual(legs(), []);
    assert.deepEqual(await under.calls(), []);
  });

  it("from the PBX's address for no line of ours is carried on to nobody", async (test) => {
    const { under, thirdUri, legs } = await setUp(test);
    const pbx = await under.raw("UDP");
    for (const number of costly) {
      const headers = [["Route", `<${thirdUri};lr>`]] as const;
      for (const host of ["divert.example", "pbx.example", "elsewhere.example"]) {
        const requestUri = `sip:${number}@${host}`;
        assert.deepEqual((await place(pbx, { requestUri, headers })).statuses, [404]);
      }
    }
    await under.leavesNothing();
    assert.deepEqual(legs(), []);
  });

  it("of a phone in another user's name is refused: with his own password 403, with another's name 401", async (test) => {
    const { under, user, legs } = await setUp(test);
    const requestUri = `sip:${costly[0]}@divert.example`;
    const from = "<sip:101@divert.example>;tag=1";
    assert.deepEqual(await dial(user, { requestUri, from }), [403]);
    const impostor = new TestPhone(user.peer, "101", "phone-102");
    assert.deepEqual(await dial(impostor, { requestUri }), [401]);
    await under.leavesNothing();
    assert.deepEqual(legs(), []);
  });

  it("of a phone goes out over its own line alone: no header makes it another's, or lead elsewhere", async (test) => {
    const { under, user, third, thirdUri, legs } = await setUp(test);
    const headers = [
      ["P-Asserted-Identity", "<sip:101@pbx.example>"],
      ["P-Preferred-Identity", "<sip:101@pbx.example>"],
      ["Remote-Party-ID", "<sip:101@pbx.example>;party=calling;screen=yes"],
      ["Diversion", "<sip:101@pbx.example>;reason=unconditional"],
      ["Referred-By", "<sip:101@pbx.example>"],
      ["Route", `<${thirdUri};lr>`],
      ["Proxy-Authorization", 'Digest username="101"'],
    ] as const;
    const requestUri = "sip:004989123456@divert.example;user=phone;maddr=192.0.2.1";
    await dial(user, { requestUri, headers });
    const invite = await under.pbx.calls.expects("INVITE");
    assert.equal(invite.requestUri, "sip:004989123456@pbx.example");
    assert.equal(invite.from.uri, "sip:102@pbx.example");
    // Ports and tags of ours may hold any digits.
    assert.doesNotMatch(wireOf(invite).toString("latin1"), /\b101@|"101"|192\.0\.2\.1\b/);
    assert.ok(!wireOf(invite).toString("latin1").includes(third.local.address));
    under.pbx.calls.answers(invite, 486);
    await under.pbx.calls.expects("ACK");
    await under.leavesNothing();
    assert.deepEqual(
      legs().map(({ method }) => method),
      ["INVITE", "ACK"],
    );
    assert.deepEqual(
      (await under.calls()).map(({ line }) => line),
      ["102"],
    );
  });

  it("of a phone to a name at another host, or to a line's own Contact, leaves by no leg", async (test) => {
    const { under, victim, user, thirdUri, legs } = await setUp(test);
    const uris = [thirdUri, uriOf(victim.peer), "sip:anna@elsewhere.example", under.contact("101")];
    for (const requestUri of [...uris, "sip:divert.example"])
      assert.deepEqual(await dial(user, { requestUri }), [404], requestUri);
    await under.leavesNothing();
    assert.deepEqual(legs(), []);
  });

  it("of a phone to a number at another host is dialled over its own line, and nowhere else", async (test) => {
    const { under, user, third, legs } = await setUp(test);
    const { address, port } = third.local;
    await dial(user, { requestUri: `sip:004989123456@${address}:${port}` });
    const invite = await under.pbx.calls.expects("INVITE");
    assert.equal(invite.requestUri, "sip:004989123456@pbx.example");
    under.pbx.calls.answers(invite, 486);
    await under.pbx.calls.expects("ACK");
    await under.leavesNothing();
    assert.equal(legs().length, 2);
  });

  it("at a premium rate, to the police, or at another host is no target that a user may set", async (test) => {
    const { under, legs } = await setUp(test);
    const barred = [
      "+499001234567",
      "009001234567",
      "0110",
      "sip:anna@elsewhere.example",
      "105@elsewhere.example",
    ];
    for (const target of barred) {
      const { status } = await under.ask("PUT", "/lines/101/forwardings/always/all", { target });
      assert.equal(status, 422, target);
    }
    const pbx = await under.raw("UDP");
    const { invite } = await place(pbx, { requestUri: under.contact("101") });
    await under.passUntil(() => legs().length > 0);
    assert.deepEqual(
      legs().map(({ method, uri }) => [method, uri?.user]),
      [["INVITE", "101"]],
    );
    await ask(pbx, cancelOf(invite));
  });
});

describe("a call that is up", () => {
  it("takes nothing from another user's phone, be all its tags right", async (test) => {
    const { under, victim, user, thirdUri } = await setUp(test);
    const headers = [["Content-Type", "application/sdp"]] as const;
    await dial(victim, { requestUri: "sip:105@divert.example", headers, body: Buffer.from("v=0\r\n") });
    const pbx = under.pbx.calls;
    const leg = await pbx.expects("INVITE");
    pbx.answers(leg, 200, { headers: [["Contact", `<${pbx.uri}>`]] });
    await pbx.expects("ACK");
    const isSuccess = ({ cseq, status }: SipResponse) => cseq.method === "INVITE" && status === 200;
    await victim.peer.until(() => responsesIn(victim.peer.arrived).some(isSuccess));
    const success = responsesIn(victim.peer.arrived).find(isSuccess);
    assert.ok(success);
    const dialog = {
      requestUri: "sip:102@divert.example",
      from: success.headers.get("From") ?? "",
      to: success.headers.get("To") ?? "",
      callId: success.callId,
    };
    for (const method of ["BYE", "INFO", "UPDATE", "REFER", "MESSAGE", "INVITE"]) {
      const headers = [["Refer-To", `<${thirdUri}>`]] as const;
      const [answer] = await ask(user.peer, requestOf(user.peer, { method, cseq: 500, headers, ...dialog }));
      assert.equal(answer?.status, 481, method);
    }
    assert.deepEqual(
      requestsIn(under.pbx.others).map(({ method }) => method),
      ["INVITE", "ACK"],
    );
    await ask(victim.peer, requestOf(victim.peer, { method: "BYE", cseq: 501, ...dialog }));
    pbx.answers(await pbx.expects("BYE"), 200);
    await under.leavesNothing();
  });
});
