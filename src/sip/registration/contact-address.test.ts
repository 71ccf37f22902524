import assert from "node:assert/strict";
import { test } from "node:test";
import { createRequest, createResponse } from "../message/build.ts";
import { parseNameAddr } from "../message/name-addr.ts";
import { contactUri, findOwnContact, findStrayContacts, observedAddress } from "./contact-address.ts";
import type { ContactAddress } from "./contact-address.ts";

function seen(via: string, known: ContactAddress): ContactAddress | undefined {
  const address = "<sip:101@pbx>;tag=a";
  const request = createRequest({
    method: "REGISTER",
    requestUri: "sip:pbx",
    from: address,
    to: address,
    callId: "c",
    cseq: 1,
    headers: [["Via", `SIP/2.0/UDP 10.0.0.5:5060;branch=z9hG4bK1${via}`]],
  });
  return observedAddress(createResponse(request, 200), known);
}

const udp = { host: "10.0.0.5", port: 5060 };
const tcp = { host: "10.0.0.5", port: 5060, transport: "tcp" } as const;

test("over UDP, received and rport are where we are reached", () => {
  assert.deepEqual(seen(";received=203.0.113.7;rport=40000", udp), { host: "203.0.113.7", port: 40_000 });
  assert.deepEqual(seen(";rport=40000", udp), { host: "10.0.0.5", port: 40_000 });
  assert.deepEqual(seen(";received=2001:db8::1;rport=5060", udp), { host: "[2001:db8::1]", port: 5060 });
});

test("over TCP, the connection's own port says nothing unless a NAT is in between", () => {
  assert.deepEqual(seen(";received=10.0.0.5;rport=51234", tcp), tcp);
  assert.deepEqual(seen(";received=203.0.113.7;rport=51234", tcp), {
    host: "203.0.113.7",
    port: 51_234,
    transport: "tcp",
  });
});

test("a host that was configured stands, whatever the other end sees", () => {
  const advertised = { host: "divert.example", port: 5060, isAdvertised: true };
  assert.equal(seen(";received=203.0.113.7;rport=40000", advertised), undefined);
});

test("what is no address in received is passed over", () => {
  assert.equal(seen(";received=unknown", udp), undefined);
  assert.deepEqual(seen(";received=evil.example:5060;rport=40000", udp), { host: "10.0.0.5", port: 40_000 });
});

test("a Via that tells nothing leaves the address as it is", () => {
  assert.equal(seen("", udp), undefined);
  assert.equal(seen(";rport", udp), undefined);
});

test("a Contact names the transport unless it is UDP, and our own is known by its user part", () => {
  assert.equal(contactUri("token", tcp), "sip:token@10.0.0.5:5060;transport=tcp");
  assert.equal(contactUri("token", udp), "sip:token@10.0.0.5:5060");
  const contacts = ["<sip:other@10.0.0.5>", "<sip:token@203.0.113.7:4000>;expires=60"].map((text) => {
    const contact = parseNameAddr(text);
    assert.ok(contact !== undefined);
    return contact;
  });
  assert.equal(findOwnContact(contacts, "token", udp), contacts[1]);
  assert.equal(findOwnContact(contacts, "nobody", udp), undefined);
});

test("of several contacts of ours the one at our address counts, and the others are strays", () => {
  const contacts = [
    "sip:token@10.0.0.5:5062",
    "sip:token@10.0.0.5",
    "sip:token@10.0.0.5:5060;transport=tcp",
    "sip:x@y",
  ].map((uri) => ({ uri, parameters: new Map<string, string>() }));
  assert.equal(findOwnContact(contacts, "token", udp), contacts[1]);
  assert.deepEqual(findStrayContacts(contacts, "token", udp), [
    "sip:token@10.0.0.5:5062",
    "sip:token@10.0.0.5:5060;transport=tcp",
  ]);
  assert.deepEqual(findStrayContacts(contacts, "token", { host: "203.0.113.7", port: 5060 }), []);
});
