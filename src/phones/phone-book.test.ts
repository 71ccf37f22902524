import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../test/support/fake-clock.ts";
import type { Binding, Flow } from "../sip/user-agent.ts";
import { parseSipUri } from "../sip/user-agent.ts";
import { phoneContact } from "./phone-contact.ts";
import { PhoneBook } from "./phone-book.ts";

function flowFrom(protocol: Flow["protocol"], remoteAddress: string, remotePort = 5060): Flow {
  return {
    protocol,
    isReliable: protocol !== "UDP",
    localAddress: "192.0.2.100",
    localPort: 5060,
    remoteAddress,
    remotePort,
    isOpen: true,
    send: () => {},
  };
}

function bindingOf(contact: string, flow: Flow, parts: Partial<Binding> = {}): Binding {
  const uri = parseSipUri(contact);
  assert.ok(uri);
  return {
    contact,
    uri,
    callId: "c",
    cseq: 1,
    expiresAt: 60_000,
    q: 1,
    path: [],
    flow,
    isOutbound: false,
    ...parts,
  };
}

test("each binding goes when its time is over, and is told", () => {
  const clock = new FakeClock();
  const book = new PhoneBook(clock);
  const told: number[] = [];
  book.onChange = (username) => told.push(book.bindingsOf(username).length);
  const flow = flowFrom("UDP", "192.0.2.1");
  book.keep("101", [
    bindingOf("sip:a@192.0.2.1", flow, { expiresAt: 60_000 }),
    bindingOf("sip:b@192.0.2.1", flow, { expiresAt: 90_000 }),
  ]);
  clock.advance(60_000);
  clock.advance(30_000);
  assert.deepEqual(told, [2, 1, 0]);
  assert.equal(book.holds(flow), false);
  assert.equal(clock.pending, 0);
});

test("what is reached by a connection alone goes with it; a Contact that can be called anew stays", () => {
  const book = new PhoneBook(new FakeClock());
  const [browser, softphone, desk] = ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map((address, index) =>
    flowFrom(index === 0 ? "WS" : "TCP", address),
  ) as [Flow, Flow, Flow];
  book.keep("101", [
    bindingOf("sip:x@df7jal23ls0d.invalid;transport=ws", browser),
    bindingOf("sip:y@192.0.2.2;transport=tcp", softphone, { isOutbound: true }),
    bindingOf("sip:z@192.0.2.3;transport=tcp", desk),
  ]);
  for (const flow of [browser, softphone, desk]) book.flowClosed(flow);
  assert.deepEqual(
    book.bindingsOf("101").map(({ uri }) => uri.user),
    ["z"],
  );
});

test("a flow is known by its other end, as a datagram's is a new object each time", () => {
  const book = new PhoneBook(new FakeClock());
  book.keep("101", [bindingOf("sip:a@192.0.2.1", flowFrom("UDP", "192.0.2.1"))]);
  assert.equal(book.holds(flowFrom("UDP", "192.0.2.1")), true);
  assert.equal(book.holds(flowFrom("UDP", "192.0.2.1", 5062)), false);
  assert.equal(book.holdsFor("102", flowFrom("UDP", "192.0.2.1")), false);
  assert.equal(book.isHome("192.0.2.1"), true);
  book.keep("101", []);
  assert.equal(book.isHome("192.0.2.1"), false);
});

test("a phone is reached by its connection, or where it sends from when a NAT stands between", () => {
  const cases: readonly [Binding, boolean][] = [
    [bindingOf("sip:a@192.0.2.1:5062", flowFrom("UDP", "192.0.2.1")), false],
    [bindingOf("sip:a@10.0.0.7:5062", flowFrom("UDP", "192.0.2.1")), true],
    [bindingOf("sip:a@192.0.2.1", flowFrom("UDP", "192.0.2.1"), { isOutbound: true }), true],
    [bindingOf("sip:a@192.0.2.1;transport=tcp", flowFrom("TCP", "192.0.2.1")), true],
    [bindingOf("sip:a@10.0.0.7", flowFrom("TCP", "192.0.2.1"), { path: ["<sip:p;lr>"] }), false],
    [bindingOf("sip:a@10.0.0.7", { ...flowFrom("TCP", "192.0.2.1"), isOpen: false }), false],
  ];
  for (const [binding, usesFlow] of cases) {
    const { flow } = phoneContact("101", binding);
    assert.equal(flow === binding.flow, usesFlow, `${binding.contact} ${binding.flow.protocol}`);
  }
});

test("phones make their address their home, and with IPv6 the whole /64", () => {
  const book = new PhoneBook(new FakeClock());
  for (const [address, elsewhere] of [
    ["192.0.2.1", "192.0.2.2"],
    ["2001:db8::1", "2001:db8:0:1::1"],
  ] as const) {
    book.keep("101", [bindingOf("sip:101@phone.example", flowFrom("UDP", address))]);
    assert.deepEqual([book.isHome(address), book.isHome(elsewhere)], [true, false]);
  }
  assert.equal(book.isHome("2001:db8::2"), true);
  assert.equal(book.isHome("192.0.2.1"), false);
  book.close();
});
