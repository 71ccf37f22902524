import assert from "node:assert/strict";
import { test } from "node:test";
import { optionsRequest } from "../../../test/support/socket-peers.ts";
import type { OptionsRequest } from "../../../test/support/socket-peers.ts";
import { parseMessage } from "../message/parse.ts";
import { parseFirstVia } from "../message/via.ts";
import { completeTopVia, responsePort } from "./received-via.ts";

function completed(request: OptionsRequest, address: string, port: number) {
  const parsed = parseMessage(Buffer.from(optionsRequest(request)));
  assert.ok(parsed.ok && parsed.value.kind === "request");
  completeTopVia(parsed.value, address, port);
  const via = parsed.value.topVia;
  assert.ok(via !== undefined);
  // What is remembered is what is written.
  assert.deepEqual(parseFirstVia(parsed.value.headers.get("Via") ?? ""), via);
  return { received: via.received, rport: via.rport, port: responsePort(via, port), branch: via.branch };
}

test("RFC 3261 §18.2.1: received is noted where sent-by is not where it came from", () => {
  for (const [sentBy, address, received] of [
    ["192.0.2.1", "192.0.2.1", undefined],
    ["192.0.2.1:5070", "192.0.2.1", undefined],
    ["192.0.2.1", "198.51.100.7", "198.51.100.7"],
    ["pbx.example", "192.0.2.1", "192.0.2.1"],
    ["[2001:DB8:0::1]", "2001:db8::1", undefined],
    ["[2001:db8::2]", "2001:db8::1", "2001:db8::1"],
    ["[fe80::1]", "fe80::1%eth0", undefined],
  ] as const) {
    assert.equal(
      completed({ sentBy, viaParameters: "" }, address, 5999).received,
      received,
      `${sentBy} ${address}`,
    );
  }
});

test("RFC 3581 §4: with rport both are noted, and the answer goes where the request came from", () => {
  const via = completed({ sentBy: "192.0.2.1:5070", viaParameters: ";rport" }, "192.0.2.1", 40_000);
  assert.deepEqual(via, { received: "192.0.2.1", rport: 40_000, port: 40_000, branch: "z9hG4bK3" });
});

test("RFC 3261 §18.2.2: without rport the answer goes to the port of sent-by, 5060 when it names none", () => {
  assert.equal(completed({ sentBy: "192.0.2.1:5070", viaParameters: "" }, "192.0.2.1", 40_000).port, 5070);
  assert.equal(completed({ sentBy: "192.0.2.1", viaParameters: "" }, "192.0.2.1", 40_000).port, 5060);
  assert.equal(
    completed({ sentBy: "192.0.2.1", transport: "SCTP", viaParameters: "" }, "192.0.2.1", 1).port,
    5060,
  );
});

test("a received and an rport that the sender forged do not stand", () => {
  const forged = ";received=203.0.113.66;rport=53";
  assert.deepEqual(completed({ sentBy: "192.0.2.1", viaParameters: forged }, "192.0.2.1", 40_000), {
    received: "192.0.2.1",
    rport: 40_000,
    port: 40_000,
    branch: "z9hG4bK3",
  });
  const receivedAlone = completed(
    { sentBy: "192.0.2.1", viaParameters: ";received=203.0.113.66" },
    "192.0.2.1",
    5060,
  );
  assert.equal(receivedAlone.received, undefined);
});

test("a Via of which only sent-by can be read keeps its branch for the 400 that goes back", () => {
  const text = optionsRequest({ viaParameters: ';x="never closed' });
  const parsed = parseMessage(Buffer.from(text));
  assert.ok(!parsed.ok && parsed.failure.respondable !== undefined);
  const request = parsed.failure.respondable;
  const before = request.headers.get("Via");
  completeTopVia(request, "198.51.100.7", 40_000);
  assert.equal(request.headers.get("Via"), before);
});
