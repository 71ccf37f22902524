/** How long a registered phone counts as one, and what people see of it. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import { TestPhone } from "../support/test-phone.ts";

interface LineAnswer {
  readonly phones: number;
  readonly registeredPhones: readonly Record<string, string>[];
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
  const { expiresAt, ...told } = line.registeredPhones[0] ?? {};
  assert.deepEqual(told, {
    contact: phone.contact.slice(1, -1),
    transport: "UDP",
    source: `${peer.local.address}:${peer.local.port}`,
    userAgent: "Desk 1.0",
  });
  const leftMs = Date.parse(expiresAt ?? "") - under.clock.wallTime();
  assert.ok(leftMs > 590_000 && leftMs <= 600_000);
});
