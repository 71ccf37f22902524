import assert from "node:assert/strict";
import { test } from "node:test";
import { bindingOf, flowFrom } from "../../test/support/example-bindings.ts";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { PhoneBook } from "./phone-book.ts";

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

test("what came by a connection goes with it, whatever its Contact; what came by another stays", () => {
  const book = new PhoneBook(new FakeClock());
  const [browser, desk] = [flowFrom("WS", "192.0.2.1"), flowFrom("TCP", "192.0.2.2")];
  book.keep("101", [
    bindingOf("sip:x@df7jal23ls0d.invalid;transport=ws", browser),
    bindingOf("sip:y@192.0.2.1", browser),
    bindingOf("sip:z@192.0.2.2;transport=tcp", desk),
  ]);
  book.flowClosed(browser);
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
