/** How long a registered phone counts as one, and what people see of it. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import { FlowPhone } from "../support/flow-phone.ts";
import { TestPhone } from "../support/test-phone.ts";

interface LineAnswer {
  readonly phones: number;
  readonly registeredPhones: readonly {
    readonly contact: string;
    readonly expiresAt: string;
    readonly warnings: readonly { readonly code: string; readonly message: string }[];
  }[];
}

it("a phone that is reached by its connection alone is gone with it", async (test) => {
  const under = await DivertUnderTest.start({ phones: true });
  test.after(() => under.close());
  const peer = await under.rawTcp({ address: under.strangerAddress });
  const phone = new TestPhone(peer, "101");
  await phone.register({
    contacts: [`${phone.contact};+sip.instance="<urn:uuid:0>";reg-id=1`],
    headers: [["Supported", "outbound"]],
  });
  assert.equal(under.divert.phones.countOf("101"), 1);
  peer.close();
  await under.passUntil(() => under.divert.phones.countOf("101") === 0);
});

it("the API tells a line's phones, and explain counts them", async (test) => {
  const under = await DivertUnderTest.start({ phones: true });
  test.after(() => under.close());
  const explain = async (): Promise<unknown> => {
    const { body } = await under.ask("POST", "/lines/101/explain", { caller: "102" });
    return (body as { action: string }).action;
  };
  assert.equal(await explain(), "reject");
  const peer = await under.rawUdp({ address: under.strangerAddress });
  const phone = new TestPhone(peer, "101");
  await phone.register({ expires: 600, headers: [["User-Agent", "Desk 1.0"]] });
  assert.equal(await explain(), "ring");
  const line = (await under.ask("GET", "/lines/101")).body as LineAnswer;
  assert.equal(line.phones, 1);
  const { expiresAt, warnings, ...told } = line.registeredPhones[0] ?? {};
  assert.deepEqual(warnings, []);
  assert.deepEqual(told, {
    contact: phone.contact.slice(1, -1),
    transport: "UDP",
    source: `${peer.local.address}:${peer.local.port}`,
    userAgent: "Desk 1.0",
  });
  const leftMs = Date.parse(expiresAt ?? "") - under.clock.wallTime();
  assert.ok(leftMs > 590_000 && leftMs <= 600_000);
});

it("a phone whose calls may be silent is told of with the reason: in the log once, and by the API", async (test) => {
  const under = await DivertUnderTest.start({ phones: true, webSocket: true, pbx: { webrtcMedia: "no" } });
  test.after(() => under.close());
  const browser = await FlowPhone.open(under, "101", under.strangerAddress, "WS");
  await browser.registers();
  const desk = await FlowPhone.open(under, "102", under.strangerAddress);
  desk.contact = "<sip:102@192.168.1.20:5060>";
  const beside = await FlowPhone.open(under, "103", under.address);
  beside.contact = "<sip:103@192.168.1.30:5060>";
  for (const phone of [desk, beside]) {
    await phone.registers();
    await phone.registers();
  }
  const told = async (line: string): Promise<(string | undefined)[]> => {
    const { registeredPhones } = (await under.ask("GET", `/lines/${line}`)).body as LineAnswer;
    return registeredPhones.flatMap(({ warnings }) => warnings.map(({ code }) => code));
  };
  assert.deepEqual(await told("101"), ["browser-media"]);
  assert.deepEqual(await told("102"), ["nat-media"]);
  assert.deepEqual(await told("103"), []);
  assert.equal(under.complaints.length, 2);
  assert.match(under.complaints[0] ?? "", /may be silent .*browser-media.*ICE/);
  assert.match(under.complaints[1] ?? "", /"102".*nat-media.*192\.168\.1\.20/);
});
