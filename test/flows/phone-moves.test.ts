/** A phone that comes back by another connection, port or address keeps its call; nobody else gets into it. */
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { loadConfiguration } from "../../src/config/load-configuration.ts";
import { loopbackAddress } from "../interop/loopback-address.ts";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import { FlowPhone, PeerDialog, withSdp } from "../support/flow-phone.ts";

const offer = "v=0\r\ns=offer\r\n";
const reply = "v=0\r\ns=reply\r\n";

const open: DivertUnderTest[] = [];
afterEach(async () => {
  for (const under of open.splice(0)) await under.close();
});

async function start(protocol: "UDP" | "TCP", contact?: string) {
  const under = await DivertUnderTest.start({
    lines: { "101": "refusing", "102": "refusing" },
    phones: true,
  });
  open.push(under);
  const phone = await FlowPhone.open(under, "101", loopbackAddress(), protocol);
  phone.contact = contact ?? phone.contact;
  await phone.registers();
  return { under, phone };
}

/** A call from the PBX to the line's phone that is up. */
async function rung(protocol: "UDP" | "TCP", contact?: string) {
  const { under, phone } = await start(protocol, contact);
  const pbx = await under.peer();
  const call = { requestUri: under.contact("101"), ...withSdp([], offer) };
  const invite = await pbx.sends("INVITE", under.udp, call);
  const ringing = await phone.peer.expects("INVITE");
  const answer = phone.peer.answers(ringing, 200, phone.answer(reply));
  const far = PeerDialog.ofCaller(pbx, under.udp, invite, await pbx.expects(200));
  await far.acknowledges(invite);
  await phone.peer.expects("ACK");
  const near = PeerDialog.ofCallee(phone.peer, under.at(protocol), ringing, answer);
  return { under, phone, pbx, far, near };
}

/** A call that the phone has placed. */
async function dialled(protocol: "UDP" | "TCP", contact?: string) {
  const { under, phone } = await start(protocol, contact);
  const pbx = under.pbx.calls;
  const invite = await phone.dials("102", offer);
  const asked = await pbx.expects("INVITE");
  const answer = pbx.answers(asked, 200, withSdp([["Contact", `<${pbx.uri}>`]], reply));
  const near = PeerDialog.ofCaller(phone.peer, under.at(protocol), invite, await phone.peer.expects(200));
  await near.acknowledges(invite);
  await pbx.expects("ACK");
  const far = PeerDialog.ofCallee(pbx, under.udp, asked, answer);
  // Until the ACK is there Divert takes no new offer.
  await under.pass(100);
  return { under, phone, pbx, far, near };
}

type Scene = Awaited<ReturnType<typeof rung>>;

/** What the PBX asks reaches the phone where it is now. */
async function isReached({ phone, pbx, far }: Scene): Promise<void> {
  await far.sends("INFO", "Signal=1");
  phone.peer.answers(await phone.peer.expects("INFO"), 200);
  assert.equal((await pbx.expects(200)).cseq.method, "INFO");
}

/** The phone hangs up from where it is now. */
async function hangsUp({ under, phone, pbx, near }: Scene): Promise<void> {
  await near.movedTo(phone.peer).sends("BYE");
  pbx.answers(await pbx.expects("BYE"), 200);
  assert.equal((await phone.peer.expects(200)).cseq.method, "BYE");
  await under.leavesNothing();
}

for (const [kind, begin] of [
  ["that was called", rung],
  ["that has called", dialled],
] as const) {
  describe(`a phone ${kind}`, () => {
    it("whose connection breaks keeps its call by the next one, when it registers within a minute", async () => {
      const scene = await begin("TCP");
      const { under, phone } = scene;
      const { peer } = phone;
      await peer.close();
      await under.pass(60_000);
      await phone.moves(under, peer.address, "TCP");
      await phone.registers();
      await isReached(scene);
      await under.pass(30_000);
      await hangsUp(scene);
    });

    it("behind a NAT that gives it another port keeps its call when it registers anew", async () => {
      const scene = await begin("UDP", "<sip:101@192.0.2.7:5060>");
      const { under, phone } = scene;
      await isReached(scene);
      await phone.moves(under, phone.peer.address);
      await phone.registers();
      await isReached(scene);
      await hangsUp(scene);
    });

    it("known by its instance keeps its call with another address and Contact", async () => {
      const instance = ';+sip.instance="<urn:uuid:0>"';
      const scene = await begin("UDP", `<sip:101@192.0.2.7:5060>${instance}`);
      const { under, phone } = scene;
      await phone.moves(under, loopbackAddress());
      phone.contact = `<sip:101@198.51.100.9:5060>${instance}`;
      await phone.registers();
      await isReached(scene);
      await hangsUp(scene);
    });

    it("known by nothing but its password goes on with its call from elsewhere, and is reached there then", async () => {
      const scene = await begin("UDP");
      const { under, phone, pbx, near } = scene;
      await phone.moves(under, loopbackAddress());
      phone.contact = `<sip:101@${phone.peer.address}:${phone.peer.port}>`;
      await phone.registers();
      await near.movedTo(phone.peer).sends("INVITE", offer);
      const asked = await pbx.expects("INVITE");
      pbx.answers(asked, 200, withSdp([["Contact", `<${pbx.uri}>`]], reply));
      const success = await phone.peer.expects(200);
      assert.equal(success.body.toString(), reply);
      await isReached(scene);
      await pbxHangsUp(scene);
    });
  });
}

async function pbxHangsUp({ under, phone, pbx, far }: Scene): Promise<void> {
  await far.sends("BYE");
  phone.peer.answers(await phone.peer.expects("BYE"), 200);
  await pbx.expects(200);
  await under.pass(64_000);
}

describe("what is said in a phone's call from elsewhere (CHECKS B11)", () => {
  it("is refused, from strangers, from other users' phones and from the PBX, whatever tags they know", async () => {
    const scene = await rung("UDP");
    const { under, phone, near } = scene;
    const colleague = await FlowPhone.register(under, "102", loopbackAddress());
    const strangers = [await under.peer("UDP", loopbackAddress()), colleague.peer, await under.peer()];
    const statuses: number[] = [];
    for (const stranger of strangers) {
      await near.movedTo(stranger).sends("BYE");
      await under.passUntil(() =>
        stranger.received.some((message) => message.kind === "response" && message.cseq.method === "BYE"),
      );
      const answer = stranger.received.at(-1);
      statuses.push(answer?.kind === "response" ? answer.status : 0);
    }
    assert.deepEqual(statuses, [403, 481, 481]);
    await isReached(scene);
    assert.equal(
      phone.peer.received.some(({ cseq }) => cseq.method === "BYE"),
      false,
    );
    // Its CSeq has not been used up.
    await hangsUp(scene);
  });
});

describe("a phone whose account changes", () => {
  async function apply(under: DivertUnderTest, phone: object | undefined): Promise<void> {
    const text = JSON.stringify({
      sites: [
        {
          id: "starnberg",
          countryCode: "49",
          areaCode: "8151",
          mainNumber: "36856",
          extensions: ["100-399"],
        },
      ],
      pbxs: [
        {
          ...{ id: "hq", profile: "generic", site: "starnberg", registrar: under.pbx.uri },
          ...{ domain: "pbx.example", redirect: "yes" },
        },
      ],
      groups: [{ id: "refusing", pbx: "hq" }],
      lines: [{ id: "101", group: "refusing", username: "101", password: "secret", ...(phone && { phone }) }],
    });
    const loaded = loadConfiguration(text, { file: "divert.yaml", environment: {} });
    assert.ok(loaded.ok);
    await under.divert.directory.apply(loaded.value, { prune: true });
  }

  for (const [change, account] of [
    ["is removed", undefined],
    ["gets another password", { username: "101", password: "another" }],
    ["gets another user name", { username: "anna", password: "phone-101" }],
  ] as const) {
    it(`${change} is unbound at once and has to prove itself anew; a call that is up goes on`, async () => {
      const scene = await rung("UDP");
      const { under, phone } = scene;
      assert.equal(under.divert.phones.countOf("101"), 1);
      const flow = under.divert.phones.contactsOf("101")[0]?.way.flow;
      assert.ok(flow);
      await apply(under, account);
      assert.equal(under.divert.phones.countOf("101"), 0);
      assert.equal(under.divert.phones.recognises(flow), false);
      await isReached(scene);
      await hangsUp(scene);
      phone.peer.forget();
      if (account !== undefined) await phone.registers([], 401);
      assert.equal(under.divert.phones.countOf("101"), 0);
    });
  }

  it("in no way notices it", async () => {
    const { under } = await start("UDP");
    await apply(under, { username: "101", password: "phone-101" });
    assert.equal(under.divert.phones.countOf("101"), 1);
  });
});
